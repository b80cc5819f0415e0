//! What can go wrong, by what the caller can do about it, and the exit code of each.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a verb failed: [`Error::kind`] tells what the caller can do about it, its text tells people.
#[derive(Debug)]
pub struct Error(Cause);

/// What the caller of a verb can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option, a variable or a verb is invalid.
    Usage,
    /// A system call failed.
    System,
    /// Another user could have planted a file or a directory that the daemon trusts.
    Untrusted,
    /// The caller may not do this.
    NotAllowed,
    /// Something that the daemon needs is missing: a user, a home, a directory that it declares.
    NotConfigured,
    /// The daemon process did not get ready.
    NotReady,
    /// No daemon runs.
    NotRunning,
    /// A daemon runs already.
    AlreadyRunning,
    /// Another verb, or the daemon, did not end in time.
    TimedOut,
    /// Anything else.
    Other,
}

#[derive(Debug)]
enum Cause {
    Text(ErrorKind, String),
    System {
        step: &'static str,
        path: Option<PathBuf>,
        source: io::Error,
    },
    Untrusted {
        path: PathBuf,
        reason: String,
    },
    /// An error of a part of the crate that has its own, and the exit code that fits it.
    Part {
        code: u8,
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The daemon's own words, and the exit code that fits them.
    NotReady {
        reason: String,
        code: u8,
    },
    /// The daemon's process id, where this process can know it.
    AlreadyRunning(Option<i32>),
    /// How far a restart came, and what went wrong there.
    Half {
        half: &'static str,
        error: Box<Error>,
    },
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
        Self(Cause::System {
            step,
            path: path.map(Path::to_owned),
            source,
        })
    }

    #[cold]
    fn text(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self(Cause::Text(kind, text.into()))
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Usage, text)
    }

    pub(crate) fn not_allowed(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::NotAllowed, text)
    }

    pub(crate) fn not_configured(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::NotConfigured, text)
    }

    pub(crate) fn timed_out(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::TimedOut, text)
    }

    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Other, text)
    }

    pub(crate) fn not_running() -> Self {
        Self::text(ErrorKind::NotRunning, "not running")
    }

    /// Somebody else could have planted `path`.
    pub(crate) fn untrusted(path: &Path, reason: impl Into<String>) -> Self {
        Self(Cause::Untrusted {
            path: path.to_owned(),
            reason: reason.into(),
        })
    }

    pub(crate) fn already_running(pid: Option<i32>) -> Self {
        Self(Cause::AlreadyRunning(pid))
    }

    /// The daemon did not get ready, for `reason`; `code` is the exit code that fits it.
    pub(crate) fn not_ready(reason: impl Into<String>, code: u8) -> Self {
        let reason = reason.into();
        Self(Cause::NotReady { reason, code })
    }

    /// An error of a part of the crate that has its own.
    pub(crate) fn of_part(code: u8, source: impl StdError + Send + Sync + 'static) -> Self {
        let source = Box::new(source);
        Self(Cause::Part { code, source })
    }

    /// Names the declaration's `key` where the directory `path` is missing.
    pub(crate) fn of_declared(self, key: &str, path: &Path) -> Self {
        match self.0 {
            Cause::System { source, .. } if is_missing(&source) => Self::not_configured(format!(
                "`{key}`: the directory {} does not exist",
                path.display()
            )),
            cause => Self(cause),
        }
    }

    /// Says that a restart came as far as `half`.
    pub(crate) fn in_half(self, half: &'static str) -> Self {
        let error = Box::new(self);
        Self(Cause::Half { half, error })
    }

    /// Names the path as it is outside of the daemon's root `root`.
    pub(crate) fn outside_of(mut self, root: &Path) -> Self {
        let whole = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
        match &mut self.0 {
            Cause::System {
                path: Some(path), ..
            } => *path = whole(path),
            Cause::Untrusted { path, reason } => {
                *path = whole(path);
                reason.push_str(", in the chroot");
            }
            _ => {}
        }
        self
    }

    /// Says that `step` failed on `path`, where a system call failed.
    pub(crate) fn instead_at(self, step: &'static str, path: &Path) -> Self {
        match self.0 {
            Cause::System { source, .. } => Self::at(step, path, source),
            cause => Self(cause),
        }
    }

    /// Returns what the kernel said, where a system call failed.
    pub(crate) fn system_error(&self) -> Option<&io::Error> {
        match &self.0 {
            Cause::System { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether a system call failed with `kind`.
    pub(crate) fn is_system(&self, kind: io::ErrorKind) -> bool {
        self.system_error()
            .is_some_and(|source| source.kind() == kind)
    }

    /// The process id of the daemon that runs already, where this process can know it.
    pub(crate) fn running_pid(&self) -> Option<i32> {
        match self.0 {
            Cause::AlreadyRunning(pid) => pid,
            _ => None,
        }
    }

    /// Returns what the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Cause::Text(kind, _) => *kind,
            Cause::System { .. } => ErrorKind::System,
            Cause::Untrusted { .. } => ErrorKind::Untrusted,
            Cause::Part { .. } => ErrorKind::Other,
            Cause::NotReady { .. } => ErrorKind::NotReady,
            Cause::AlreadyRunning(_) => ErrorKind::AlreadyRunning,
            Cause::Half { error, .. } => error.kind(),
        }
    }

    /// Returns the exit code of a verb that failed with this, LSB 20.2.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match &self.0 {
            Cause::NotReady { code, .. } | Cause::Part { code, .. } => *code,
            Cause::Half { error, .. } => error.exit_code(),
            Cause::System { source, .. } => code_of(source),
            Cause::Text(..) | Cause::Untrusted { .. } | Cause::AlreadyRunning(_) => {
                match self.kind() {
                    ErrorKind::Usage => 2,
                    ErrorKind::Untrusted | ErrorKind::NotAllowed => 4,
                    ErrorKind::NotConfigured => 6,
                    ErrorKind::NotRunning => 7,
                    _ => 1,
                }
            }
        }
    }
}

/// Returns the exit code of a verb whose system call failed.
pub(crate) fn code_of(source: &io::Error) -> u8 {
    if source.kind() == io::ErrorKind::PermissionDenied {
        4
    } else {
        1
    }
}

pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::System {
                step,
                path: Some(path),
                source,
            } => {
                write!(f, "cannot {step} {}: {source}", path.display())
            }
            Cause::System {
                step,
                path: None,
                source,
            } => write!(f, "cannot {step}: {source}"),
            Cause::Untrusted { path, reason } => {
                write!(f, "refusing {}: {reason}", path.display())
            }
            Cause::AlreadyRunning(Some(pid)) => write!(f, "already running, pid {pid}"),
            Cause::AlreadyRunning(None) => f.write_str("already running, in another PID namespace"),
            Cause::Text(_, text) => f.write_str(text),
            Cause::Part { source, .. } => source.fmt(f),
            Cause::NotReady { reason, .. } => f.write_str(reason),
            Cause::Half { half, error } => write!(f, "{half}: {error}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Cause::System { source, .. } => Some(source),
            Cause::Part { source, .. } => source.source(),
            Cause::Half { error, .. } => error.source(),
            _ => None,
        }
    }
}
