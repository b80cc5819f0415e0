//! Why the logger could not be set up or changed.

use std::fmt;
use std::io;

/// Why the logger could not be set up or changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A word that should be a level.
    Level(String),
    /// A part of a filter that is neither `level` nor `target=level`.
    Filter(String),
    /// A word that should be a format.
    Format(String),
    /// The log cannot be opened, or somebody else could have planted it.
    Open(Box<crate::Error>),
    /// The process's own stream, or a descriptor in its place, cannot be used.
    Stream(io::Error),
    /// This logger is installed already.
    Installed,
    /// The process has another logger behind `log`'s macros.
    Foreign,
    /// This logger is not installed.
    Missing,
}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Self::Open(Box::new(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(word) => write!(
                f,
                "`{word}` is no level; the levels are trace, debug, info, warn, error, fatal, off"
            ),
            Self::Filter(part) => write!(f, "`{part}` is neither a level nor target=level"),
            Self::Format(word) => {
                write!(
                    f,
                    "`{word}` is no log format; the formats are seed, full, json"
                )
            }
            Self::Open(error) => error.fmt(f),
            Self::Stream(source) => write!(f, "cannot use the log's descriptor: {source}"),
            Self::Installed => f.write_str("the logger is installed already"),
            Self::Foreign => f.write_str("the process has another logger already"),
            Self::Missing => f.write_str("the logger is not installed"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Stream(source) => Some(source),
            Self::Open(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
