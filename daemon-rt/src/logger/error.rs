//! Why the logger could not be set up or changed.

use std::fmt;
use std::io;

use crate::error::Error as Failure;

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
    /// A text that should be a number of bytes.
    Size(String),
    /// A size that no buffer can have.
    Buffer(String),
    /// A text that should say when to rotate.
    Rotation(String),
    /// A text that should limit the records of a call site.
    Limit(String),
    /// A word that should say what becomes of repeats.
    Repeats(String),
    /// A text that should say what to keep of old files.
    Keep(String),
    /// A value that needs the feature `log-extras`, which this program was built without.
    Extra(String),
    /// The log cannot be opened, or somebody else could have planted it.
    Open(Box<Failure>),
    /// The process's own stream, or a descriptor in its place, cannot be used.
    Stream(io::Error),
    /// This logger is installed already.
    Installed,
    /// The process has another logger behind `log`'s macros.
    Foreign,
    /// This logger is not installed.
    Missing,
}

impl From<Failure> for Error {
    fn from(error: Failure) -> Self {
        Self::Open(Box::new(error))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Open(error) => *error,
            error => Self::of_part(1, error),
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
            Self::Size(text) => write!(f, "`{text}` is no size, such as 4096, 64K, 10M or 1G"),
            Self::Buffer(text) => write!(f, "`{text}` is too large; a buffer has at most 64M"),
            Self::Rotation(text) => write!(
                f,
                "`{text}` is no rotation, such as 10M, daily, `daily,10M` or never"
            ),
            Self::Keep(text) => write!(
                f,
                "`{text}` is no number of files up to 1000, such as 7, with their total size `7,100M`, or compressed `7,100M,gz`"
            ),
            Self::Limit(text) => write!(
                f,
                "`{text}` is no number of records and time, such as 100/1s or 1000/10m, nor none"
            ),
            Self::Repeats(word) => write!(f, "`{word}` is neither all nor fold"),
            Self::Extra(text) => write!(f, "`{text}`: built without the feature `log-extras`"),
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
