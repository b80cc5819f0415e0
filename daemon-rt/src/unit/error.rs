//! What can go wrong with generated files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::code_of;

/// Why a file could not be printed, installed or removed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A value that the format has no way to write.
    Unwritable {
        /// What the value is: "the path of the executable".
        what: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two options that exclude each other.
    Conflict(&'static str),
    /// The file was not made by this program.
    Foreign(PathBuf),
    /// The init system has no place of its own for enabled services.
    NoPlace {
        /// The service folder that is to be linked into the scan folder.
        service: String,
    },
    /// A command that enables or disables a service failed, or could not be run.
    Command {
        /// The command line.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The kernel refused.
    System {
        /// What was to be done: "write".
        step: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    pub(super) fn at(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System {
            step,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::System { source, .. } => code_of(source),
            _ => 1,
        };
        Self::of_part(code, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritable {
                what,
                value,
                reason,
            } => write!(f, "{what}, {value:?}, {reason}"),
            Self::Conflict(reason) => f.write_str(reason),
            Self::Foreign(path) => {
                write!(
                    f,
                    "{} was not made by this daemon; --force takes no notice",
                    path.display()
                )
            }
            Self::NoPlace { service } => {
                write!(
                    f,
                    "this system does not say where its scan folder is: link {service} into it"
                )
            }
            Self::Command { command, reason } => write!(f, "{command}: {reason}"),
            Self::System { step, path, source } => {
                write!(f, "cannot {step} {}: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
