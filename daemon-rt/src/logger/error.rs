//! Why the logger could not be set up or changed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

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
    /// The log cannot be opened.
    Open {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The process's own stream, or a descriptor in its place, cannot be used.
    Stream(io::Error),
    /// This logger is installed already.
    Installed,
    /// The process has another logger behind `log`'s macros.
    Foreign,
    /// This logger is not installed.
    Missing,
}

impl Error {
    pub(super) fn open(path: &Path, reason: &dyn fmt::Display) -> Self {
        Self::Open {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
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
            Self::Open { path, reason } => {
                write!(f, "cannot open the log {}: {reason}", path.display())
            }
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
            _ => None,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
