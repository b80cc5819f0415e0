//! The levels of records.

use std::fmt;
use std::str::FromStr;

use super::config::invalid;
use crate::error::Error;

/// The severity of a record. As a threshold, the least severe level to write.
///
/// A threshold admits its own level and all above it. `Off` admits no record. The text form is
/// lower case. Any case is accepted, and `warning` means `warn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// Gives more detail than debug: `log::trace!`.
    Trace,
    /// Helps to find a fault: `log::debug!`.
    Debug,
    /// Describes the work of the daemon: `log::info!`.
    Info,
    /// Reports a problem that the daemon can handle: `log::warn!`.
    Warn,
    /// Reports a failure after which the daemon continues: `log::error!`.
    Error,
    /// Reports the failure that ends the daemon: [`fatal!`](crate::fatal).
    Fatal,
    /// Disables the log as a threshold. A record of this level is never written.
    Off,
}

impl Level {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Trace, "trace"),
        (Self::Debug, "debug"),
        (Self::Info, "info"),
        (Self::Warn, "warn"),
        (Self::Error, "error"),
        (Self::Fatal, "fatal"),
        (Self::Off, "off"),
    ];

    /// Returns the level in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Returns the level of a discriminant. Larger numbers become `Off`.
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Trace,
            1 => Self::Debug,
            2 => Self::Info,
            3 => Self::Warn,
            4 => Self::Error,
            5 => Self::Fatal,
            _ => Self::Off,
        }
    }

    /// Returns the priority of syslog(3), which is also that of the `<N>` prefix for journald.
    pub(super) const fn priority(self) -> u8 {
        match self {
            Self::Trace | Self::Debug => 7,
            Self::Info => 6,
            Self::Warn => 4,
            Self::Error => 3,
            Self::Fatal | Self::Off => 2,
        }
    }

    /// Returns the maximum level of `log` at which records of this level arrive. FATAL arrives as
    /// ERROR, because `log` has no FATAL.
    pub(super) const fn as_log_filter(self) -> log::LevelFilter {
        match self {
            Self::Trace => log::LevelFilter::Trace,
            Self::Debug => log::LevelFilter::Debug,
            Self::Info => log::LevelFilter::Info,
            Self::Warn => log::LevelFilter::Warn,
            Self::Error | Self::Fatal => log::LevelFilter::Error,
            Self::Off => log::LevelFilter::Off,
        }
    }

    /// Returns the nearest level of `log`, or `None` for `Off`.
    pub(super) fn as_log_level(self) -> Option<log::Level> {
        self.as_log_filter().to_level()
    }
}

impl From<log::Level> for Level {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Trace => Self::Trace,
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = if text.eq_ignore_ascii_case("warning") {
            "warn"
        } else {
            text
        };
        let found = Self::ALL
            .iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(wanted));
        found.map(|(level, _)| *level).ok_or_else(|| {
            let expected = "a level: trace, debug, info, warn, error, fatal or off";
            invalid(text, expected)
        })
    }
}
