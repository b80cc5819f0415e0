//! Writes a record in its format.

#[cfg(feature = "log-extras")]
use std::fmt;

use log::Record;

use super::clock::{Now, Zone};
use super::config::Format;
#[cfg(feature = "log-extras")]
use super::fields::{self, Pairs};
#[cfg(feature = "log-extras")]
use super::json;
use super::level::Level;
use super::line::Line;
#[cfg(feature = "log-extras")]
use super::stamp::{push_number, push_time};
#[cfg(feature = "log-extras")]
use super::thread;
use crate::os::escape::Message;
#[cfg(feature = "log-extras")]
use crate::os::escape::Quoted;
#[cfg(feature = "log-extras")]
use crate::os::own;

/// The reader of the log. It decides which parts of a line are added or left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Audience {
    /// A file or a pipe, without additions.
    Plain,
    /// A terminal, which shows colours.
    Colour,
    /// journald, which reads `<N>` as the priority, sd-daemon(3). It knows the time and the pid.
    Journal,
    /// syslogd, which reads time, level and pid from the header of the record.
    Syslog,
}

impl Audience {
    pub(super) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Colour,
            2 => Self::Journal,
            3 => Self::Syslog,
            _ => Self::Plain,
        }
    }

    /// Returns whether the line itself contains its time.
    const fn has_time(self) -> bool {
        matches!(self, Self::Plain | Self::Colour)
    }
}

/// Writes the record without the end of the line.
#[inline]
pub(super) fn compose(
    line: &mut Line,
    (format, audience): (Format, Audience),
    zone: &Zone,
    (level, record): (Level, &Record<'_>),
) -> Now {
    if audience == Audience::Journal {
        line.push(&[b'<', b'0' + level.priority(), b'>']);
    }
    match format {
        #[cfg(feature = "log-extras")]
        Format::Full => full(line, audience, zone, (level, record)),
        #[cfg(feature = "log-extras")]
        Format::Json => json::compose(line, zone, (level, record)),
        _ => short(line, audience, zone, (level, record)),
    }
}

#[inline]
fn short(
    line: &mut Line,
    audience: Audience,
    zone: &Zone,
    (level, record): (Level, &Record<'_>),
) -> Now {
    let now = Now::coarse();
    if audience.has_time() {
        line.push(zone.short_stamp(now).as_bytes());
        line.push(b" : ");
    }
    let coloured = start_colour(line, audience, level);
    message(line, record);
    end_colour(line, coloured);
    now
}

#[cfg(feature = "log-extras")]
fn full(
    line: &mut Line,
    audience: Audience,
    zone: &Zone,
    (level, record): (Level, &Record<'_>),
) -> Now {
    let now = Now::exact();
    if audience.has_time() {
        push_time(line, zone, now);
        line.push(b" ");
        let coloured = start_colour(line, audience, level);
        line.push(level.padded_name().as_bytes());
        end_colour(line, coloured);
        line.push(b" [");
        push_number(line, u64::from(own::pid()));
        line.push(b" ");
        thread::with_name(|name| line.push_escaped::<Message>(name));
        line.push(b"] ");
    }
    line.push_escaped::<Message>(record.target());
    line.push(b": ");
    message(line, record);
    now
}

/// Writes the message and its key-values.
#[inline]
fn message(line: &mut Line, record: &Record<'_>) {
    line.push_message::<Message>(*record.args());
    #[cfg(feature = "log-extras")]
    if record.key_values().count() > 0 {
        fields::write(record.key_values(), &mut Words(line));
    }
}

/// Writes key-values as ` key=value`. Text that would not read as one word is quoted.
#[cfg(feature = "log-extras")]
struct Words<'a>(&'a mut Line);

#[cfg(feature = "log-extras")]
impl Pairs for Words<'_> {
    fn key(&mut self, key: &str) {
        self.0.push(b" ");
        self.0.push_escaped::<Message>(key);
        self.0.push(b"=");
    }

    fn bare(&mut self, value: &dyn fmt::Display) {
        self.0.push_display::<Message>(value);
    }

    fn text(&mut self, value: &dyn fmt::Display) {
        self.0.push(b"\"");
        self.0.push_display::<Quoted>(value);
        self.0.push(b"\"");
    }

    fn str(&mut self, value: &str) {
        let in_word = |c: char| !c.is_whitespace() && !matches!(c, '"' | '=');
        if !value.is_empty() && value.chars().all(in_word) {
            self.bare(&value);
        } else {
            self.text(&value);
        }
    }
}

/// Begins the colour of `level`, if it has one. Returns whether it did.
fn start_colour(line: &mut Line, audience: Audience, level: Level) -> bool {
    let is_coloured = audience == Audience::Colour && !level.colour().is_empty();
    if is_coloured {
        line.push(level.colour().as_bytes());
    }
    is_coloured
}

fn end_colour(line: &mut Line, coloured: bool) {
    if coloured {
        line.push(b"\x1b[0m");
    }
}
