//! The number and the size of the old files to keep.

use std::fmt;

use super::amount::{number, size, write_size};
use super::text::text_form;

/// Limits the old files of the log. The text form is a number of files such as `7`. A total size
/// may follow, as in `7,100M`, and `gz` compresses them: `7,gz` or `7,100M,gz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    pub(in crate::logger) files: u32,
    pub(in crate::logger) bytes: Option<u64>,
    pub(in crate::logger) compress: bool,
}

/// The largest number of old files. It is bounded because each rotation renames all of them.
pub(in crate::logger) const MOST_FILES: u32 = 1000;

impl Keep {
    /// Keeps at most `files` old files. A rotation removes the oldest.
    ///
    /// # Panics
    /// Panics above 1000. In a `const` that is a compile error.
    #[must_use]
    pub const fn files(files: u32) -> Self {
        assert!(files <= MOST_FILES, "a log has at most 1000 old files");
        Self {
            files,
            bytes: None,
            compress: false,
        }
    }

    /// Limits the total size of all old files to `bytes`.
    #[must_use]
    pub const fn within(self, bytes: u64) -> Self {
        Self {
            bytes: Some(bytes),
            ..self
        }
    }

    /// Compresses all old files but the newest.
    #[must_use]
    pub const fn compressed(self) -> Self {
        Self {
            compress: true,
            ..self
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let files = parts.next().and_then(number);
        let files = files.and_then(|files| u32::try_from(files).ok());
        let files = files.filter(|files| *files <= MOST_FILES)?;
        let mut next = parts.next();
        let bytes = next.and_then(size);
        if bytes.is_some() {
            next = parts.next();
        }
        let compress = next == Some("gz");
        let is_over = parts.next().is_none() && (next.is_none() || compress);
        is_over.then_some(Self {
            files,
            bytes,
            compress,
        })
    }
}

/// Keeps seven files.
impl Default for Keep {
    fn default() -> Self {
        Self::files(7)
    }
}

text_form!(
    Keep,
    "7",
    "a number of old files up to 1000, such as 7, `7,100M` (with their total size) or \
     `7,100M,gz` (compressed)"
);

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.files)?;
        if let Some(bytes) = self.bytes {
            f.write_str(",")?;
            write_size(f, bytes)?;
        }
        f.write_str(if self.compress { ",gz" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_has_a_number_and_a_total() {
        for (text, keep) in [
            ("0", Keep::files(0)),
            ("7,100M", Keep::files(7).within(100 << 20)),
            ("7,gz", Keep::files(7).compressed()),
            ("7,1M,gz", Keep::files(7).within(1 << 20).compressed()),
        ] {
            assert_eq!(text.parse().ok(), Some(keep), "{text}");
            assert_eq!(keep.to_string(), text);
        }
        assert!("7, 1M, gz".parse::<Keep>().is_ok());
        for text in [
            "gz", "7,gz,1M", "7,gz,gz", "7,1M,gz,", "", "100M", "7,", "7,many", "7,1M,1M", "-1",
            "+1", "1001",
        ] {
            assert!(text.parse::<Keep>().is_err(), "{text}");
        }
    }
}
