//! One flat JSON object, RFC 8259.

use std::fmt::Write;

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

    /// Appends a number.
    pub(super) fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        let _ = write!(self.0, "{value}");
    }

    /// Appends a boolean.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
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
        for c in text.chars() {
            match c {
                '"' | '\\' => self.0.extend(['\\', c]),
                c if c.is_control() => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(c));
                }
                c => self.0.push(c),
            }
        }
        self.0.push('"');
    }
}
