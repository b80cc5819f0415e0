//! The daemon's own root directory, `chroot(2)`, and the files that are opened before the change.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::{FileStat, fstat, stat};
use nix::unistd::{chdir, chroot, fchdir, geteuid};

use crate::error::Error;
use crate::os::file_id::FileId;
use crate::os::known_file::KnownFile;
use crate::os::proc;
use crate::os::stdio::open_null;
use crate::trust;

/// The open directory that becomes the root.
#[derive(Debug)]
pub(crate) struct Jail {
    root: OwnedFd,
    path: PathBuf,
}

/// The files outside of the new root that the daemon needs later.
#[derive(Debug)]
pub(crate) struct Outside {
    /// Replaces stdin, stdout and stderr when the daemon is ready.
    pub null: File,
    /// The terminal of a foreground daemon.
    pub terminal: Option<File>,
    /// This program, to which an upgrade goes back when it fails. `None` if `/proc` lacks it.
    pub program: Option<KnownFile>,
}

impl Jail {
    /// Opens `path`, which only root may be able to write to.
    ///
    /// A user who can write to the root of a process decides which programs and libraries it runs.
    ///
    /// # Errors
    /// `ErrorKind::NotAllowed` unless the caller is root, `ErrorKind::NotConfigured` if the
    /// directory does not exist, `ErrorKind::Untrusted` if another user can write to it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if !geteuid().is_root() {
            let path = path.display();
            return Err(Error::not_allowed(format!(
                "only root can change the root to {path}; start the daemon as root, or remove `chroot`"
            )));
        }
        let root =
            trust::open_owned_by_root(path).map_err(|error| error.of_declared("chroot", path))?;
        Ok(Self {
            root,
            path: path.to_owned(),
        })
    }

    /// Checks that [`Jail::enter`] would succeed, without changing anything.
    ///
    /// `working_dir` must exist inside. The path `log`, outside, must lead to one file from both
    /// sides.
    pub(crate) fn check_entry(&self, working_dir: &Path, log: Option<&Path>) -> Result<(), Error> {
        let Some(found) = self.look(working_dir) else {
            return Ok(());
        };
        found.map_err(|errno| self.no_working_dir(working_dir, errno))?;
        let Some(log) = log.map(|log| self.log(log)).transpose()? else {
            return Ok(());
        };
        match self.look(&log.inside) {
            Some(inside) => self.compare(&log, inside),
            None => Ok(()),
        }
    }

    /// Changes the root of this process to this directory, and then to `working_dir` inside.
    ///
    /// Paths cannot reach the files outside afterwards.
    ///
    /// # Errors
    /// Those of [`Jail::check_entry`]. `ErrorKind::NotAllowed` if the process has another directory
    /// open, by which it could leave the root, `chroot(2)`.
    pub(crate) fn enter(&self, working_dir: &Path, log: Option<&Path>) -> Result<Outside, Error> {
        let log = log.map(|log| self.log(log)).transpose()?;
        let null = open_null()?;
        let terminal = File::open("/dev/tty").ok();
        let program = proc::own_program().and_then(KnownFile::new).ok();
        refuse_directories(self.root.as_raw_fd())?;
        let failed = |errno| Error::at("change the root to", &self.path, errno);
        fchdir(&self.root).map_err(failed)?;
        chroot(".").map_err(failed)?;
        chdir(working_dir).map_err(|errno| self.no_working_dir(working_dir, errno))?;
        if let Some(log) = &log {
            self.compare(log, stat(&log.inside))?;
        }
        Ok(Outside {
            null,
            terminal,
            program,
        })
    }

    /// Changes the root of this process, which runs no hook and ends soon. Descriptors of
    /// directories outside may be open.
    #[cfg(feature = "config")]
    pub(crate) fn enter_as_reader(&self) -> Result<(), Error> {
        let failed = |errno| Error::at("change the root to", &self.path, errno);
        fchdir(&self.root).map_err(failed)?;
        chroot(".").map_err(failed)
    }

    /// Looks at a directory by the path that it has inside, `openat2(2)`.
    ///
    /// Returns `None` if the call is not available. A sandbox of systemd denies it, because its
    /// filter cannot inspect the arguments.
    fn look(&self, inside: &Path) -> Option<nix::Result<FileStat>> {
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT);
        match openat2(&self.root, inside, how) {
            Err(Errno::ENOSYS | Errno::EPERM) => None,
            found => Some(found.and_then(fstat)),
        }
    }

    fn log(&self, outside: &Path) -> Result<LogDirectory, Error> {
        let inside = inside(&self.path, outside)?;
        let directory = outside.parent().unwrap_or(&self.path);
        let found =
            stat(directory).map_err(|e| Error::at("look at the directory of", outside, e))?;
        Ok(LogDirectory {
            outside: outside.to_owned(),
            found: FileId::from(&found),
            inside: inside.parent().unwrap_or(Path::new("/")).to_owned(),
        })
    }

    /// Checks that the log's directory is the one that was found inside.
    ///
    /// A symbolic link on the path can lead to two different directories.
    fn compare(&self, log: &LogDirectory, inside: nix::Result<FileStat>) -> Result<(), Error> {
        let is_same = match inside {
            Ok(inside) => FileId::from(&inside) == log.found,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => false,
            Err(errno) => return Err(Error::at("look at the directory of", &log.outside, errno)),
        };
        if is_same {
            return Ok(());
        }
        Err(Error::not_configured(format!(
            "the log {} is another file inside the chroot {}; remove the link that leads out of it",
            log.outside.display(),
            self.path.display()
        )))
    }

    fn no_working_dir(&self, inside: &Path, errno: Errno) -> Error {
        let whole = self.path.join(inside.strip_prefix("/").unwrap_or(inside));
        Error::at("change to", &whole, errno).of_declared("working_dir", &whole)
    }
}

/// The directory of the log.
struct LogDirectory {
    /// The path of the log outside.
    outside: PathBuf,
    /// Its directory outside.
    found: FileId,
    /// The path of the directory inside.
    inside: PathBuf,
}

/// Returns the path inside `root` of the path `outside`.
///
/// # Errors
/// `ErrorKind::NotConfigured` if it is not below the root.
pub(crate) fn inside(root: &Path, outside: &Path) -> Result<PathBuf, Error> {
    match outside.strip_prefix(root) {
        Ok(rest) => Ok(Path::new("/").join(rest)),
        Err(_) => Err(Error::not_configured(format!(
            "the log {} is not below the chroot {}: it could not be opened again after a rotation; pass --log-file with a path below it",
            outside.display(),
            root.display()
        ))),
    }
}

/// Returns an error if a directory other than the descriptor `known` is open.
fn refuse_directories(known: RawFd) -> Result<(), Error> {
    const OPEN: &str = "/proc/self/fd";
    let failed = |source| Error::at("read", OPEN.as_ref(), source);
    for path in proc::entries(OPEN).map_err(failed)? {
        let number = path.file_name().unwrap_or_default();
        let is_known = number == known.to_string().as_str();
        // An entry that cannot be examined may be a directory. The descriptor of the list itself
        // is closed by now.
        let is_directory = match fs::metadata(&path) {
            Ok(file) => file.is_dir(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if !is_known && is_directory {
            let directory = fs::read_link(&path).unwrap_or_default();
            return Err(Error::not_allowed(format!(
                "cannot chroot: {} is open as descriptor {}, by which the daemon could leave; close it before the start",
                directory.display(),
                number.display()
            )));
        }
    }
    Ok(())
}
