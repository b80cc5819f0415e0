//! One record being written down: bytes, and the ways to add to them.

use std::fmt::{self, Write};

use super::escape::{self, Dialect};
use crate::sys::Bytes;

/// What fits on the stack; longer records take pages from the kernel, never from the heap.
const NEAR: usize = 2048;

/// What the seed trims from both ends of a message, PHP's `trim`.
const TRIMMED: [char; 6] = [' ', '\t', '\n', '\r', '\0', '\x0b'];

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
        let _ = escape::escape::<D>(text, self);
    }

    /// Appends `value` as it displays itself, escaped. A `Display` that fails leaves what it wrote.
    #[inline]
    pub(super) fn push_display<D: Dialect>(&mut self, value: impl fmt::Display) {
        let mut escaping = Escaping::<D> {
            line: self,
            dialect: std::marker::PhantomData,
        };
        let _ = write!(escaping, "{value}");
    }

    /// Appends a message, trimmed at both ends as the seed does, and escaped.
    #[inline]
    pub(super) fn push_message<D: Dialect>(&mut self, message: fmt::Arguments<'_>) {
        let kept = self.0.len();
        let mut trimming = Trimming::<D> {
            line: self,
            kept,
            started: false,
            dialect: std::marker::PhantomData,
        };
        match message.as_str() {
            Some(text) => trimming.write_str(text).unwrap_or(()),
            None => trimming.write_fmt(message).unwrap_or(()),
        }
        let kept = trimming.kept;
        self.0.truncate(kept);
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

struct Escaping<'a, D> {
    line: &'a mut Line,
    dialect: std::marker::PhantomData<D>,
}

impl<D: Dialect> Write for Escaping<'_, D> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape::escape::<D>(text, self.line)
    }
}

/// Leaves out what is to be trimmed although a message comes in pieces.
struct Trimming<'a, D> {
    line: &'a mut Line,
    /// Where the line ends if nothing but white space follows.
    kept: usize,
    started: bool,
    dialect: std::marker::PhantomData<D>,
}

impl<D: Dialect> Write for Trimming<'_, D> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let text = if self.started {
            text
        } else {
            text.trim_start_matches(TRIMMED)
        };
        if text.is_empty() {
            return Ok(());
        }
        self.started = true;
        let kept = text.trim_end_matches(TRIMMED);
        if !kept.is_empty() {
            escape::escape::<D>(kept, self.line)?;
            self.kept = self.line.0.len();
        }
        escape::escape::<D>(&text[kept.len()..], self.line)
    }
}
