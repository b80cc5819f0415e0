//! Why the logger could not be set up or changed.

use std::fmt;
use std::io;

use crate::error::Error as Failure;

/// Why the logger could not be set up or changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A text that is not a value of its setting.
    Value {
        /// The setting: `level`, `format`, `buffer`, `rotate`, `keep`, `limit` or `repeats`.
        key: &'static str,
        /// The text.
        text: String,
        /// What it should be.
        expected: &'static str,
    },
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
}

impl Error {
    pub(super) fn value(key: &'static str, text: &str, expected: &'static str) -> Self {
        let text = text.to_owned();
        Self::Value {
            key,
            text,
            expected,
        }
    }
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
            Self::Value { text, expected, .. } => write!(f, "`{text}` is not {expected}"),
            Self::Extra(text) => write!(f, "`{text}`: built without the feature `log-extras`"),
            Self::Open(error) => error.fmt(f),
            Self::Stream(source) => write!(f, "cannot use the log's descriptor: {source}"),
            Self::Installed => f.write_str("the logger is installed already"),
            Self::Foreign => f.write_str("the process has another logger already"),
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
