//! Errors of the verbs, grouped by the caller's remedy, and the exit code of each.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The exit code of `run` when the daemon already runs. The LSB leaves 150 to 199 to programs.
pub(crate) const ALREADY_RUNNING: u8 = 150;

/// The exit code of `start` and `restart` when only the supervisor may start the daemon.
const SUPERVISED: u8 = 151;

/// The error of a verb. [`Error::kind`] is for programs, the text is for people.
#[derive(Debug)]
pub struct Error(Cause);

/// The kind of an [`Error`], by the caller's remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option, a variable or a verb is invalid.
    Usage,
    /// A system call failed.
    System,
    /// Another user could have planted a file or a directory that the daemon trusts.
    Untrusted,
    /// The caller lacks permission.
    NotAllowed,
    /// The kernel does not tell whether a daemon runs, or which process it is.
    Unknown,
    /// A prerequisite of the daemon is missing: a user, a home, a declared directory.
    NotConfigured,
    /// The daemon did not become ready.
    NotReady,
    /// No daemon is running.
    NotRunning,
    /// A daemon is already running.
    AlreadyRunning,
    /// The daemon belongs to a supervisor, which has to be asked.
    Supervised,
    /// The daemon or another verb did not finish in time.
    TimedOut,
    /// Any other error.
    Other,
}

#[derive(Debug)]
enum Cause {
    Text {
        kind: ErrorKind,
        code: u8,
        text: String,
    },
    System {
        step: &'static str,
        path: Option<PathBuf>,
        source: io::Error,
    },
    Untrusted {
        path: PathBuf,
        reason: String,
    },
    /// The daemon's pid, if it is in our PID namespace.
    AlreadyRunning(Option<i32>),
    /// The half in which a restart failed, and its error.
    Half {
        half: &'static str,
        error: Box<Error>,
    },
    /// An error, and what to do about it.
    Advised {
        error: Box<Error>,
        advice: String,
    },
}

impl Error {
    /// Creates the error of a step that failed on `path`: `cannot STEP PATH: SOURCE`.
    #[inline]
    pub(crate) fn at(step: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::system(step, Some(path), source.into())
    }

    /// Creates the error of a step that failed: `cannot STEP: SOURCE`.
    #[inline]
    pub(crate) fn step(step: &'static str, source: impl Into<io::Error>) -> Self {
        Self::system(step, None, source.into())
    }

    /// Creates a system error. Out of line, so that the code exists once in the program.
    #[cold]
    #[inline(never)]
    fn system(step: &'static str, path: Option<&Path>, source: io::Error) -> Self {
        Self(Cause::System {
            step,
            path: path.map(Path::to_owned),
            source,
        })
    }

    /// Creates an error that is only a text.
    #[cold]
    fn text(kind: ErrorKind, text: impl Into<String>) -> Self {
        let code = match kind {
            ErrorKind::Usage => 2,
            ErrorKind::NotAllowed | ErrorKind::Unknown => 4,
            ErrorKind::NotConfigured => 6,
            ErrorKind::NotRunning => 7,
            ErrorKind::Supervised => SUPERVISED,
            _ => 1,
        };
        let text = text.into();
        Self(Cause::Text { kind, code, text })
    }

    /// Creates an error for an invalid option, variable or verb.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Usage, text)
    }

    /// Creates an error for a missing permission.
    pub(crate) fn not_allowed(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::NotAllowed, text)
    }

    /// Creates an error for a daemon of which too little is known.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Unknown, text)
    }

    /// Creates an error for a missing prerequisite.
    pub(crate) fn not_configured(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::NotConfigured, text)
    }

    /// Creates an error for a timeout.
    pub(crate) fn timed_out(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::TimedOut, text)
    }

    /// Creates an error of no other kind.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Other, text)
    }

    /// Creates an error for a daemon that belongs to a supervisor.
    pub(crate) fn supervised(text: impl Into<String>) -> Self {
        Self::text(ErrorKind::Supervised, text)
    }

    /// Creates the error of a verb that found no daemon.
    pub(crate) fn not_running() -> Self {
        Self::text(ErrorKind::NotRunning, "not running")
    }

    /// Creates an error for `path`, which another user could have planted.
    pub(crate) fn untrusted(path: &Path, reason: impl Into<String>) -> Self {
        Self(Cause::Untrusted {
            path: path.to_owned(),
            reason: reason.into(),
        })
    }

    /// Creates the error of a start that found a daemon.
    pub(crate) fn already_running(pid: Option<i32>) -> Self {
        Self(Cause::AlreadyRunning(pid))
    }

    /// Creates the error of a reload or an upgrade that failed in the daemon, with its exit code.
    pub(crate) fn not_reloaded(reason: impl Into<String>, code: u8) -> Self {
        let kind = match code {
            6 => ErrorKind::NotConfigured,
            _ => ErrorKind::Other,
        };
        let text = reason.into();
        Self(Cause::Text { kind, code, text })
    }

    /// Creates the error of a daemon that did not become ready, with its exit code.
    pub(crate) fn not_ready(reason: impl Into<String>, code: u8) -> Self {
        let (kind, text) = (ErrorKind::NotReady, reason.into());
        Self(Cause::Text { kind, code, text })
    }

    /// Names the declaration's `key` in the error if the directory `path` is missing.
    pub(crate) fn of_declared(self, key: &str, path: &Path) -> Self {
        match self.0 {
            Cause::System { source, .. } if is_missing(&source) => Self::not_configured(format!(
                "`{key}`: the directory {} does not exist",
                path.display()
            )),
            cause => Self(cause),
        }
    }

    /// Names the `half` of a restart that failed.
    pub(crate) fn in_half(self, half: &'static str) -> Self {
        let error = Box::new(self);
        Self(Cause::Half { half, error })
    }

    /// Appends what to do about the error: `ERROR; ADVICE`.
    pub(crate) fn advise(self, advice: impl Into<String>) -> Self {
        let (error, advice) = (Box::new(self), advice.into());
        Self(Cause::Advised { error, advice })
    }

    /// Prefixes the path with the daemon's root directory `root`, for readers outside of it.
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

    /// Replaces step and path if a system call failed.
    pub(crate) fn instead_at(self, step: &'static str, path: &Path) -> Self {
        match self.0 {
            Cause::System { source, .. } => Self::at(step, path, source),
            cause => Self(cause),
        }
    }

    /// Returns the error of the system call, if one failed.
    pub(crate) fn system_error(&self) -> Option<&io::Error> {
        match &self.0 {
            Cause::System { source, .. } => Some(source),
            Cause::Advised { error, .. } => error.system_error(),
            _ => None,
        }
    }

    /// Returns whether a system call failed with `kind`.
    pub(crate) fn is_system(&self, kind: io::ErrorKind) -> bool {
        self.system_error()
            .is_some_and(|source| source.kind() == kind)
    }

    /// Returns whether this process may not open a file, or does not trust it.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.kind() == ErrorKind::Untrusted || self.is_system(io::ErrorKind::PermissionDenied)
    }

    /// Returns the pid of the daemon that is already running, if it is in our PID namespace.
    pub(crate) fn running_pid(&self) -> Option<i32> {
        match self.0 {
            Cause::AlreadyRunning(pid) => pid,
            _ => None,
        }
    }

    /// Returns the kind of the error, by the caller's remedy.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Cause::Text { kind, .. } => *kind,
            Cause::System { .. } => ErrorKind::System,
            Cause::Untrusted { .. } => ErrorKind::Untrusted,
            Cause::AlreadyRunning(_) => ErrorKind::AlreadyRunning,
            Cause::Half { error, .. } | Cause::Advised { error, .. } => error.kind(),
        }
    }

    /// Returns the exit code of a verb with this error, LSB 20.2.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match &self.0 {
            Cause::Text { code, .. } => *code,
            Cause::System { source, .. } => code_of(source),
            Cause::Untrusted { .. } => 4,
            Cause::AlreadyRunning(_) => ALREADY_RUNNING,
            Cause::Half { error, .. } | Cause::Advised { error, .. } => error.exit_code(),
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

/// Returns whether a file or a directory of the path does not exist.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::System { step, path, source } => match path {
                Some(path) => write!(f, "cannot {step} {}: {source}", path.display()),
                None => write!(f, "cannot {step}: {source}"),
            },
            Cause::Untrusted { path, reason } => {
                write!(f, "refusing {}: {reason}", path.display())
            }
            Cause::AlreadyRunning(Some(pid)) => write!(f, "already running, pid {pid}"),
            Cause::AlreadyRunning(None) => {
                f.write_str("already running, in another PID namespace; use its verbs there")
            }
            Cause::Text { text, .. } => f.write_str(text),
            Cause::Half { half, error } => write!(f, "{half}: {error}"),
            Cause::Advised { error, advice } => write!(f, "{error}; {advice}"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Cause::System { source, .. } => Some(source),
            Cause::Half { error, .. } | Cause::Advised { error, .. } => error.source(),
            _ => None,
        }
    }
}
