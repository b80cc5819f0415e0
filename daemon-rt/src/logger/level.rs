//! How severe a record is.

use std::fmt;
use std::str::FromStr;

use super::error::Error;

/// How severe a record is, and as a threshold the least severe that is written.
///
/// A threshold lets its own level and all above it pass, and `Off` lets nothing
/// pass. As text, lower case; read in any case, and `warning` is `warn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// Finer than debug: `log::trace!`.
    Trace,
    /// For those who look for a fault: `log::debug!`.
    Debug,
    /// What the daemon does: `log::info!`.
    Info,
    /// Something is odd, and the daemon copes: `log::warn!`.
    Warn,
    /// Something failed, and the daemon goes on: `log::error!`.
    Error,
    /// The daemon ends because of it: [`fatal!`](crate::fatal).
    Fatal,
    /// As a threshold: nothing is written. A record of this level is not written either.
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

    /// The level in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The level that [`Level::as_str`] would be stored as in an atomic; above the last is `Off`.
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

    /// The priority of syslog(3) and of journald's `<N>` prefix.
    pub(super) const fn priority(self) -> u8 {
        match self {
            Self::Trace | Self::Debug => 7,
            Self::Info => 6,
            Self::Warn => 4,
            Self::Error => 3,
            Self::Fatal | Self::Off => 2,
        }
    }

    /// What `log` has to let through so that records of this level arrive: it has no FATAL.
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

    /// The level of `log` that comes nearest; none for `Off`.
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
            Error::value("level", text, expected)
        })
    }
}
