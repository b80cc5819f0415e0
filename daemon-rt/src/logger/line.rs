//! The line of one record during its formatting.

use std::fmt::{self, Write};

use crate::os::escape::{self, Dialect};
use crate::os::sys::Bytes;

/// The number of bytes kept on the stack. Longer records take pages from the kernel, never from the
/// heap.
const NEAR: usize = 2048;

/// The line of a record, as far as it is formatted.
pub(super) struct Line(Bytes<NEAR>);

impl Line {
    #[inline]
    pub(super) const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Appends bytes that need no escape.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Without memory the rest of the record is left out. The newline of `end` still fits,
        // because the first 2 kB need no allocation.
        let _ = self.0.push(bytes);
    }

    /// Appends `text`, escaped.
    #[inline]
    pub(super) fn push_escaped<D: Dialect>(&mut self, text: &str) {
        // Only a lack of memory can fail, as in `push`.
        let _ = escape::escape::<D>(text, self);
    }

    /// Appends the `Display` text of `value`, escaped. If its `Display` fails, the text so far is
    /// kept.
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

    /// Keeps only the part `kept` of the text after `start`, and escapes it. Most text needs no
    /// escape. One check of the whole costs less than one per piece.
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
        // Only whole characters were written, except for the last one without memory.
        if let Some(text) = raw.as_slice().utf8_chunks().next() {
            self.push_escaped::<D>(text.valid());
        }
    }

    /// Ends the line and returns it.
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

/// Returns whether `byte` is trimmed from both ends of a message, as by `trim` of PHP.
const fn is_trimmed(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\0' | b'\x0b')
}
