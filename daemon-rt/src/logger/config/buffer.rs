//! The size of the buffer.

use std::fmt;

use super::amount::{size, write_size};
use super::text::text_form;

/// The size of the log's buffer, at most 64 MiB. The text form is `64K`, or `0` to disable it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buffer(u32);

/// The largest buffer. Recovery can read all of it from the staging file of a dead process.
const LARGEST: u32 = 64 << 20;

impl Buffer {
    /// Disables the buffer: each record is written at once.
    pub const NONE: Self = Self(0);

    /// Returns a buffer of `bytes`.
    ///
    /// # Panics
    /// Panics above 64 MiB. In a `const` that is a compile error.
    #[must_use]
    pub const fn bytes(bytes: u32) -> Self {
        assert!(bytes <= LARGEST, "a buffer has at most 64 MiB");
        Self(bytes)
    }

    /// Returns a buffer of `kib` kibibytes.
    ///
    /// # Panics
    /// Panics above 64 MiB. In a `const` that is a compile error.
    #[must_use]
    pub const fn kib(kib: u32) -> Self {
        Self::bytes(kib.saturating_mul(1 << 10))
    }

    /// Returns a buffer of `mib` mebibytes.
    ///
    /// # Panics
    /// Panics above 64 MiB. In a `const` that is a compile error.
    #[must_use]
    pub const fn mib(mib: u32) -> Self {
        Self::bytes(mib.saturating_mul(1 << 20))
    }

    /// Returns the number of bytes, or `None` without a buffer.
    pub(in crate::logger) fn size(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|bytes| *bytes > 0)
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = u32::try_from(size(text)?).ok()?;
        (bytes <= LARGEST).then_some(Self(bytes))
    }
}

text_form!(
    Buffer,
    "0",
    "the size of a buffer: up to 64M, such as 64K or 0"
);

impl fmt::Display for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_size(f, self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffer_text_reads_back() {
        for (text, buffer) in [
            ("0", Buffer::NONE),
            ("100", Buffer::bytes(100)),
            ("64K", Buffer::kib(64)),
            ("64M", Buffer::mib(64)),
        ] {
            assert_eq!(text.parse().ok(), Some(buffer), "{text}");
            assert_eq!(buffer.to_string(), text);
        }
        for text in ["", "65M", "10G", "-1", "many"] {
            assert!(text.parse::<Buffer>().is_err(), "{text}");
        }
    }
}
