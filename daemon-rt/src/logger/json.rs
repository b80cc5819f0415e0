//! The `json` format: one object per line, RFC 8259.

use std::fmt;

use log::Record;
use log::kv::Source;

use super::clock::{Now, Zone};
use super::fields::{self, Pairs};
use super::level::Level;
use super::line::Line;
use super::stamp::{push_number, push_time};
use super::thread;
use crate::os::escape::Json;
use crate::os::own;

/// Writes the record as a JSON object, without the end of the line.
pub(super) fn compose(line: &mut Line, zone: &Zone, (level, record): (Level, &Record<'_>)) -> Now {
    let now = Now::exact();
    line.push(b"{\"time\":\"");
    push_time(line, zone, now);
    line.push(b"\",\"level\":\"");
    line.push(level.as_str().as_bytes());
    line.push(b"\",\"pid\":");
    push_number(line, u64::from(own::pid()));
    line.push(b",\"thread\":\"");
    thread::with_name(|name| line.push_escaped::<Json>(name));
    line.push(b"\",\"target\":\"");
    line.push_escaped::<Json>(record.target());
    line.push(b"\",\"message\":\"");
    line.push_message::<Json>(*record.args());
    line.push(b"\"");
    push_fields(line, record.key_values());
    line.push(b"}");
    now
}

/// Writes the key-values in an object of their own, so that a key may be named `level`.
fn push_fields(line: &mut Line, source: &dyn Source) {
    if source.count() == 0 {
        return;
    }
    line.push(b",\"fields\":{");
    fields::write(source, &mut Members { line, first: true });
    line.push(b"}");
}

struct Members<'a> {
    line: &'a mut Line,
    first: bool,
}

impl Pairs for Members<'_> {
    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.line.push(b",");
        }
        self.text(&key);
        self.line.push(b":");
    }

    fn bare(&mut self, value: &dyn fmt::Display) {
        self.line.push_display::<Json>(value);
    }

    fn text(&mut self, value: &dyn fmt::Display) {
        self.line.push(b"\"");
        self.line.push_display::<Json>(value);
        self.line.push(b"\"");
    }
}
