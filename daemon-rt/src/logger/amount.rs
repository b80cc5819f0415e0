//! Amounts as people write them: sizes, and what is kept of old files.

use std::str::FromStr;

use super::error::Error;
use super::extras::parse_if_enabled;

/// Reads a number of bytes: `65536`, `64K`, `10M`, `1G`; the units are powers of 1024.
pub(crate) fn size(text: &str) -> Result<u64, Error> {
    let wrong = || Error::Size(text.to_owned());
    let (digits, unit) = match text.as_bytes() {
        [digits @ .., b'K'] => (digits.len(), 1 << 10),
        [digits @ .., b'M'] => (digits.len(), 1 << 20),
        [digits @ .., b'G'] => (digits.len(), 1 << 30),
        _ => (text.len(), 1),
    };
    let digits = text.get(..digits).ok_or_else(wrong)?;
    // `parse` would take a sign.
    let number = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse::<u64>().ok());
    let bytes = number.flatten().and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(wrong)
}

/// The largest buffer: what is read back of a dead process's.
const LARGEST_BUFFER: u64 = 64 << 20;

/// Reads the size of a buffer: up to `64M`, and `0` for none.
pub(crate) fn buffer(text: &str) -> Result<usize, Error> {
    parse_if_enabled(text, "0", || {
        let bytes = Some(size(text)?).filter(|bytes| *bytes <= LARGEST_BUFFER);
        bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .ok_or_else(|| Error::Buffer(text.to_owned()))
    })
}

/// When the log begins a new file by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// From so many bytes on.
    pub(super) size: Option<u64>,
    /// At the first record of a day.
    pub(super) daily: bool,
}

/// `10M`, `daily`, both with a comma, or `never`.
impl FromStr for Rotation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_if_enabled(text, "never", || Self::read(text))
    }
}

impl Rotation {
    fn read(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Rotation(text.to_owned());
        let mut rotation = Self::default();
        if text.trim() == "never" {
            return Ok(rotation);
        }
        for part in text.split(',').map(str::trim) {
            match part {
                "daily" if !rotation.daily => rotation.daily = true,
                _ if rotation.size.is_none() => {
                    let bytes = size(part).ok().filter(|bytes| *bytes > 0);
                    rotation.size = Some(bytes.ok_or_else(wrong)?);
                }
                _ => return Err(wrong()),
            }
        }
        Ok(rotation)
    }
}

/// What is kept of the old files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keep {
    /// At most so many files.
    pub(super) files: u32,
    /// At most so many bytes in all of them.
    pub(super) bytes: Option<u64>,
    /// Whether all but the newest are compressed.
    pub(super) compress: bool,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            files: 7,
            bytes: None,
            compress: false,
        }
    }
}

/// A number of files, `7`, behind a comma a size of all together, `7,100M`, and behind another `gz`.
impl FromStr for Keep {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_if_enabled(text, "7", || Self::read(text))
    }
}

impl Keep {
    fn read(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Keep(text.to_owned());
        let mut parts = text.split(',').map(str::trim);
        let files = parts.next().and_then(|files| files.parse().ok());
        let files = files
            .filter(|files| *files <= MOST_FILES)
            .ok_or_else(wrong)?;
        let mut next = parts.next();
        let bytes = next.and_then(|part| size(part).ok());
        if bytes.is_some() {
            next = parts.next();
        }
        let compress = next == Some("gz");
        if parts.next().is_some() || (next.is_some() && !compress) {
            return Err(wrong());
        }
        Ok(Self {
            files,
            bytes,
            compress,
        })
    }
}

/// Each rotation renames them all.
pub(super) const MOST_FILES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("64K", 65536),
            ("10M", 10 << 20),
            ("2G", 2 << 30),
        ] {
            assert_eq!(size(text).ok(), Some(bytes), "{text}");
        }
        for text in [
            "",
            "K",
            "-1",
            "+1",
            "1k",
            "1.5M",
            "10MB",
            "é",
            "99999999999999999999",
            "99999999999999G",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
        assert!(buffer("65M").is_err());
    }

    #[test]
    fn rotation_has_a_size_and_a_day() {
        let read = |text: &str| text.parse::<Rotation>().ok().map(|it| (it.size, it.daily));
        assert_eq!(read("never"), Some((None, false)));
        assert_eq!(read("daily"), Some((None, true)));
        assert_eq!(read("daily, 1K"), Some((Some(1024), true)));
        assert_eq!(read("1K,daily"), Some((Some(1024), true)));
        for text in ["", "weekly", "0", "daily,daily", "1K,2K", "never,1K", "1K,"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn keep_has_a_number_and_a_total() {
        let read = |text: &str| {
            text.parse::<Keep>()
                .ok()
                .map(|it| (it.files, it.bytes, it.compress))
        };
        assert_eq!(read("0"), Some((0, None, false)));
        assert_eq!(read("7,100M"), Some((7, Some(100 << 20), false)));
        assert_eq!(read("7,gz"), Some((7, None, true)));
        assert_eq!(read("7, 1M, gz"), Some((7, Some(1 << 20), true)));
        for text in [
            "gz", "7,gz,1M", "7,gz,gz", "7,1M,gz,", "", "100M", "7,", "7,many", "7,1M,1M", "-1",
            "1001",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
