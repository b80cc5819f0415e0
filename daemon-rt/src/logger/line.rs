//! One record being written down: bytes, and the ways to add to them.

use std::fmt::{self, Write};

use crate::os::escape::{self, Dialect};
use crate::os::sys::Bytes;

/// What fits on the stack; longer records take pages from the kernel, never from the heap.
const NEAR: usize = 2048;

/// The line of a record, as far as it is written.
pub(super) struct Line(Bytes<NEAR>);

impl Line {
    #[inline]
    pub(super) const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Appends what needs no escape.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Without memory for the whole record its rest is left out; the caller's `end` still fits,
        // since the first 2 kB need none.
        let _ = self.0.push(bytes);
    }

    /// Appends `text`, escaped.
    #[inline]
    pub(super) fn push_escaped<D: Dialect>(&mut self, text: &str) {
        // Only memory can be missing, and `push` says what happens then.
        let _ = escape::escape::<D>(text, self);
    }

    /// Appends `value` as it displays itself, escaped. A `Display` that fails leaves what it wrote.
    #[inline]
    pub(super) fn push_display<D: Dialect>(&mut self, value: impl fmt::Display) {
        let start = self.0.len();
        let _ = write!(self, "{value}");
        self.make_safe::<D>(start, start..self.0.len());
    }

    /// Appends a message, trimmed at both ends and escaped.
    #[inline]
    pub(super) fn push_message<D: Dialect>(&mut self, message: fmt::Arguments<'_>) {
        let start = self.0.len();
        let _ = match message.as_str() {
            Some(text) => self.write_str(text),
            None => self.write_fmt(message),
        };
        let raw = &self.0.as_slice()[start..];
        let blanks = raw.iter().take_while(|byte| is_trimmed(**byte)).count();
        let kept = raw
            .iter()
            .rposition(|byte| !is_trimmed(*byte))
            .map_or(blanks, |last| last + 1);
        self.make_safe::<D>(start, start + blanks..start + kept);
    }

    /// Leaves, of what is beyond `start`, the part `kept`, escaped. Most text needs nothing: one
    /// look at the whole costs less than one at each of its pieces.
    #[inline]
    fn make_safe<D: Dialect>(&mut self, start: usize, kept: std::ops::Range<usize>) {
        if kept.start == start && escape::is_plain::<D>(&self.0.as_slice()[kept.clone()]) {
            self.0.truncate(kept.end);
        } else {
            self.rewrite::<D>(start, kept);
        }
    }

    #[cold]
    fn rewrite<D: Dialect>(&mut self, start: usize, kept: std::ops::Range<usize>) {
        let mut raw = Bytes::<NEAR>::new();
        let _ = raw.push(&self.0.as_slice()[kept]);
        self.0.truncate(start);
        // Whole characters were written, unless memory was missing for the last one.
        if let Some(text) = raw.as_slice().utf8_chunks().next() {
            self.push_escaped::<D>(text.valid());
        }
    }

    /// The line, ended.
    #[inline]
    pub(super) fn end(&mut self) -> &[u8] {
        if !self.0.push(b"\n") {
            self.0.truncate(self.0.len().saturating_sub(1));
            let _ = self.0.push(b"\n");
        }
        self.0.as_slice()
    }
}

impl Write for Line {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.push(text.as_bytes()) {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// Whether a message is trimmed of `byte` at both ends, as by `trim` of PHP.
const fn is_trimmed(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\0' | b'\x0b')
}
