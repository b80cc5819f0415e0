//! The conditions for a rotation by the logger itself.

use std::fmt;
use std::num::NonZeroU64;

use super::amount::{size, write_size};
use super::text::text_form;

/// Sets when the log rotates itself. It rotates at a size, at the first record of each local day,
/// or at both. The text form is `10M`, `daily`, `daily,10M` or `never`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotate {
    size: Option<NonZeroU64>,
    daily: bool,
}

impl Rotate {
    /// Never rotates the log.
    pub const NEVER: Self = Self {
        size: None,
        daily: false,
    };

    /// Rotates at the first record of each local day.
    pub const DAILY: Self = Self {
        size: None,
        daily: true,
    };

    /// Rotates when the log has `bytes` or more.
    ///
    /// # Panics
    /// Panics if `bytes` is zero. In a `const` that is a compile error.
    #[must_use]
    pub const fn at(bytes: u64) -> Self {
        Self::NEVER.or_at(bytes)
    }

    /// Also rotates when the log has `bytes` or more.
    ///
    /// # Panics
    /// Panics if `bytes` is zero. In a `const` that is a compile error.
    #[must_use]
    pub const fn or_at(self, bytes: u64) -> Self {
        let size = NonZeroU64::new(bytes);
        assert!(size.is_some(), "a log rotates at one byte or more");
        Self { size, ..self }
    }

    /// Returns the size at which the log rotates, if there is one.
    pub(in crate::logger) fn size(self) -> Option<u64> {
        self.size.map(NonZeroU64::get)
    }

    pub(in crate::logger) const fn is_daily(self) -> bool {
        self.daily
    }

    fn read(text: &str) -> Option<Self> {
        let mut rotate = Self::NEVER;
        if text.trim() == "never" {
            return Some(rotate);
        }
        for part in text.split(',').map(str::trim) {
            match part {
                "daily" if !rotate.daily => rotate.daily = true,
                _ if rotate.size.is_none() => rotate.size = Some(NonZeroU64::new(size(part)?)?),
                _ => return None,
            }
        }
        Some(rotate)
    }
}

text_form!(
    Rotate,
    "never",
    "a rotation: 10M, daily, `daily,10M` or never"
);

impl fmt::Display for Rotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.daily, self.size()) {
            (false, None) => f.write_str("never"),
            (true, None) => f.write_str("daily"),
            (is_daily, Some(size)) => {
                f.write_str(if is_daily { "daily," } else { "" })?;
                write_size(f, size)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_has_a_size_and_a_day() {
        for (text, rotate) in [
            ("never", Rotate::NEVER),
            ("daily", Rotate::DAILY),
            ("1K", Rotate::at(1024)),
            ("daily,1K", Rotate::DAILY.or_at(1024)),
        ] {
            assert_eq!(text.parse().ok(), Some(rotate), "{text}");
            assert_eq!(rotate.to_string(), text);
        }
        for text in ["daily, 1K", "1K,daily"] {
            assert_eq!(text.parse().ok(), Some(Rotate::DAILY.or_at(1024)), "{text}");
        }
        for text in ["", "weekly", "0", "daily,daily", "1K,2K", "never,1K", "1K,"] {
            assert!(text.parse::<Rotate>().is_err(), "{text}");
        }
    }
}
