//! What can go wrong, by what the caller can do about it, and the exit code of each.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::logger;
#[cfg(feature = "units")]
use crate::unit;

/// Why a verb failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An option, a variable or a verb is not what it should be.
    Usage(String),
    /// A system call failed.
    System {
        /// What was being done.
        step: &'static str,
        /// The file it was done to.
        path: Option<PathBuf>,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file or a folder that somebody else could have planted.
    Untrusted {
        /// The file that was to be used.
        path: PathBuf,
        /// What is wrong, and with what.
        reason: String,
    },
    /// The caller may not do this.
    NotAllowed(String),
    /// Something the daemon needs is missing: a user, a home, a folder that it declares.
    NotConfigured(String),
    /// A file of an init system could not be made.
    #[cfg(feature = "units")]
    Unit(unit::Error),
    /// The log could not be set up.
    Log(logger::Error),
    /// The daemon process did not get ready; its own words, and the exit code that fits them.
    NotReady {
        /// Why.
        reason: String,
        /// The exit code of the verb.
        code: u8,
    },
    /// No daemon runs.
    NotRunning,
    /// A daemon holds the lock; its process id, where this process can know it.
    AlreadyRunning(Option<i32>),
    /// A restart failed in one of its halves.
    Half {
        /// How far it came.
        half: &'static str,
        /// What went wrong there.
        error: Box<Error>,
    },
    /// Another verb, or something else, did not end in time.
    TimedOut(String),
    /// Anything else.
    Other(String),
}

impl Error {
    /// The step `step` failed on `path`.
    #[inline]
    pub(crate) fn at(step: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::system(step, Some(path), source.into())
    }

    /// The step `step` failed.
    #[inline]
    pub(crate) fn step(step: &'static str, source: impl Into<io::Error>) -> Self {
        Self::system(step, None, source.into())
    }

    /// Once in the program, and not at each of the calls that can fail.
    #[cold]
    #[inline(never)]
    fn system(step: &'static str, path: Option<&Path>, source: io::Error) -> Self {
        Self::System {
            step,
            path: path.map(Path::to_owned),
            source,
        }
    }

    /// The same of the folder `path`, which the declaration names as `key`: where there is none, that
    /// is what is told.
    pub(crate) fn of_declared(self, key: &str, path: &Path) -> Self {
        match self {
            Self::System { source, .. } if is_missing(&source) => {
                Self::NotConfigured(format!("`{key}`: there is no folder {}", path.display()))
            }
            error => error,
        }
    }

    /// The failure of a restart that came as far as `half`.
    pub(crate) fn in_half(self, half: &'static str) -> Self {
        let error = Box::new(self);
        Self::Half { half, error }
    }

    /// The exit code of a verb that failed with this, LSB 20.2.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Untrusted { .. } | Self::NotAllowed(_) => 4,
            Self::System { source, .. } if is_denied(source) => 4,
            #[cfg(feature = "units")]
            Self::Unit(unit::Error::System { source, .. }) if is_denied(source) => 4,
            Self::NotConfigured(_) => 6,
            Self::NotRunning => 7,
            Self::NotReady { code, .. } => *code,
            Self::Log(logger::Error::Open(error)) | Self::Half { error, .. } => error.exit_code(),
            #[cfg(feature = "units")]
            Self::Unit(_) => 1,
            Self::System { .. }
            | Self::Log(_)
            | Self::AlreadyRunning(_)
            | Self::TimedOut(_)
            | Self::Other(_) => 1,
        }
    }
}

pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System {
                step,
                path: Some(path),
                source,
            } => {
                write!(f, "cannot {step} {}: {source}", path.display())
            }
            Self::System {
                step,
                path: None,
                source,
            } => write!(f, "cannot {step}: {source}"),
            Self::Untrusted { path, reason } => write!(f, "refusing {}: {reason}", path.display()),
            Self::NotRunning => f.write_str("not running"),
            Self::AlreadyRunning(Some(pid)) => write!(f, "already running, pid {pid}"),
            Self::AlreadyRunning(None) => f.write_str("already running, in another PID namespace"),
            Self::Usage(text)
            | Self::NotAllowed(text)
            | Self::NotConfigured(text)
            | Self::TimedOut(text)
            | Self::Other(text) => f.write_str(text),
            #[cfg(feature = "units")]
            Self::Unit(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
            Self::NotReady { reason, .. } => f.write_str(reason),
            Self::Half { half, error } => write!(f, "{half}: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            #[cfg(feature = "units")]
            Self::Unit(error) => error.source(),
            Self::Log(error) => error.source(),
            Self::Half { error, .. } => error.source(),
            _ => None,
        }
    }
}

#[cfg(feature = "units")]
impl From<unit::Error> for Error {
    fn from(error: unit::Error) -> Self {
        Self::Unit(error)
    }
}

impl From<logger::Error> for Error {
    fn from(error: logger::Error) -> Self {
        Self::Log(error)
    }
}
