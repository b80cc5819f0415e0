//! One flat JSON object, RFC 8259.

use std::fmt::{Display, Write};

use crate::os::escape;

/// An object under construction.
#[derive(Debug)]
pub(super) struct Json(String);

impl Json {
    /// Begins an object.
    pub(super) fn object() -> Self {
        Self(String::from("{"))
    }

    /// Appends a string.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.quoted(value);
    }

    /// Appends a number or a boolean.
    pub(super) fn plain(&mut self, name: &str, value: impl Display) {
        self.name(name);
        let _ = write!(self.0, "{value}");
    }

    /// Returns the complete object.
    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.quoted(name);
        self.0.push(':');
    }

    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        // Writing to a String cannot fail.
        let _ = escape::escape::<escape::Json>(text, &mut self.0);
        self.0.push('"');
    }
}
