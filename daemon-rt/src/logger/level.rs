//! The levels of records.

use std::fmt;
use std::str::FromStr;

use log::LevelFilter;

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

/// A level, its word, and its name in a log, of one width. Its priority for syslog(3) and journald
/// follows, then its colour on a terminal. The last is the maximum level of `log` for its records.
type Row = (
    Level,
    &'static str,
    &'static str,
    u8,
    &'static str,
    LevelFilter,
);

/// The properties of all levels, in their order. FATAL arrives as ERROR, because `log` has no
/// FATAL.
#[rustfmt::skip]
const ROWS: [Row; 7] = [
    (Level::Trace, "trace", "TRACE", 7, "\x1b[2m", LevelFilter::Trace),
    (Level::Debug, "debug", "DEBUG", 7, "\x1b[2m", LevelFilter::Debug),
    (Level::Info, "info", "INFO ", 6, "", LevelFilter::Info),
    (Level::Warn, "warn", "WARN ", 4, "\x1b[33m", LevelFilter::Warn),
    (Level::Error, "error", "ERROR", 3, "\x1b[31m", LevelFilter::Error),
    (Level::Fatal, "fatal", "FATAL", 2, "\x1b[1;31m", LevelFilter::Error),
    (Level::Off, "off", "FATAL", 2, "", LevelFilter::Off),
];

impl Level {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Returns the level in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// Returns the level in upper case, of one width for all levels.
    #[cfg(feature = "log-extras")]
    pub(super) const fn padded_name(self) -> &'static str {
        self.row().2
    }

    /// Returns the level of a discriminant. Larger numbers become `Off`.
    pub(crate) fn from_number(number: u8) -> Self {
        let row = ROWS.get(usize::from(number));
        row.map_or(Self::Off, |row| row.0)
    }

    /// Returns the priority of syslog(3).
    pub(super) const fn priority(self) -> u8 {
        self.row().3
    }

    /// Returns the escape sequence of the colour of this level, which is empty without a colour.
    pub(super) const fn colour(self) -> &'static str {
        self.row().4
    }

    /// Returns the maximum level of `log` at which records of this level arrive.
    pub(super) const fn as_log_filter(self) -> LevelFilter {
        self.row().5
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
        let mut rows = ROWS.iter();
        let found = rows.find(|row| row.1.eq_ignore_ascii_case(wanted));
        found.map(|row| row.0).ok_or_else(|| {
            let expected = "a level: trace, debug, info, warn, error, fatal or off";
            invalid(text, expected)
        })
    }
}
