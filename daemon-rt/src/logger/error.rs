//! The errors of the logger.

use std::fmt;
use std::io;

use crate::error::Error as Failure;

/// An error of the installation, a change or a setting of the logger.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a value of its setting.
    Value {
        /// The setting: `level`, `format`, `buffer`, `rotate`, `keep`, `limit` or `repeats`.
        key: &'static str,
        /// The rejected text.
        text: String,
        /// A description of valid values.
        expected: &'static str,
    },
    /// The value needs the feature `log-extras`, which this program was built without.
    Extra(String),
    /// The log cannot be opened, or another user could have planted the file.
    Open(Box<Failure>),
    /// The standard stream, or the descriptor of the log, cannot be used.
    Stream(io::Error),
    /// This logger is installed already.
    Installed,
    /// Another crate has set the logger of `log`.
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
