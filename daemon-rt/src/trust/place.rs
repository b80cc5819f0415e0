//! A place for a file: a checked directory, and a name in it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fchmod, fstat, fstatat};
use nix::unistd::AccessFlags;

use super::owner::{NOT_REGULAR, Rule, check_file};
use super::walk::walk;
use crate::error::Error;
use crate::os::access::check_access;
use crate::os::file_id::FileId;
use crate::os::known_file::KnownFile;

/// The number of attempts to open a file that is replaced meanwhile.
pub(super) const TRIES: usize = 16;

/// A trusted directory, and the name of a file in it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    directory: Arc<KnownFile>,
    name: OsString,
    path: PathBuf,
}

impl Place {
    /// Walks to the directory of `path`, which must be absolute.
    ///
    /// # Errors
    /// `ErrorKind::Untrusted`; the directory cannot be opened.
    pub(crate) fn of(path: &Path, rule: Rule) -> Result<Self, Error> {
        let usage = || {
            Error::usage(format!(
                "{} does not name a file; pass the path of a file",
                path.display()
            ))
        };
        let name = path.file_name().ok_or_else(usage)?.to_owned();
        let (directory, stat) = walk(path.parent().ok_or_else(usage)?, path, rule)?;
        Ok(Self {
            directory: Arc::new(KnownFile::with_stat(directory, &stat)),
            name,
            path: path.to_owned(),
        })
    }

    /// Returns the place of another `name` in the directory, without a second walk.
    pub(crate) fn beside(&self, name: OsString) -> Self {
        Self {
            directory: Arc::clone(&self.directory),
            path: self.path.with_file_name(&name),
            name,
        }
    }

    /// Returns the directory, which is open with `O_PATH`.
    pub(crate) fn directory(&self) -> &File {
        &self.directory
    }

    /// Returns the name of the file.
    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Returns the whole path, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file. Never follows a link, and never blocks on a FIFO.
    ///
    /// # Errors
    /// `ErrorKind::Untrusted` unless it is a regular file with one name that belongs to root or us.
    pub(crate) fn open(&self, step: &'static str, flags: OFlag, mode: u32) -> Result<File, Error> {
        self.open_stat(step, flags, mode).map(|(file, _)| file)
    }

    /// Opens the file and returns its status with it.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub(crate) fn open_stat(
        &self,
        step: &'static str,
        flags: OFlag,
        mode: u32,
    ) -> Result<(File, FileStat), Error> {
        // A rotation may rename the file meanwhile, or another start may create it. Then try again.
        for _ in 0..TRIES {
            let (file, stat) = self.open_once(step, flags, mode)?;
            if self.has(FileId::from(&stat)) {
                return Ok((file, stat));
            }
        }
        Err(self.untrusted("another process keeps replacing it; end that process".to_owned()))
    }

    fn open_once(
        &self,
        step: &'static str,
        flags: OFlag,
        mode: u32,
    ) -> Result<(File, FileStat), Error> {
        let flags =
            flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let mode = Mode::from_bits_truncate(mode);
        let file =
            openat(self.directory(), self.name.as_os_str(), flags, mode).map_err(|errno| {
                match errno {
                    Errno::ELOOP => self.untrusted(
                        "it is a symbolic link; pass the path that it leads to".to_owned(),
                    ),
                    // A socket, a FIFO without a reader, or a directory.
                    Errno::ENXIO | Errno::EISDIR => self.untrusted(NOT_REGULAR.to_owned()),
                    errno => Error::at(step, &self.path, errno),
                }
            })?;
        let stat = fstat(&file).map_err(|errno| Error::at(step, &self.path, errno))?;
        check_file(&stat).map_err(|reason| self.untrusted(reason))?;
        Ok((File::from(file), stat))
    }

    /// Returns the status of the file without opening it.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub(crate) fn look(&self) -> Result<FileStat, Error> {
        let failed = |errno| Error::at("inspect", &self.path, errno);
        let stat = self.stat().map_err(failed)?;
        check_file(&stat).map_err(|reason| self.untrusted(reason))?;
        Ok(stat)
    }

    /// Returns whether the file has this name and no other one.
    ///
    /// A count of links is not enough. A hard link may be removed between open and check, which
    /// leaves one name, but the wrong one.
    pub(crate) fn has(&self, file: FileId) -> bool {
        let is_it = |there: FileStat| FileId::from(&there) == file && there.st_nlink == 1;
        self.stat().is_ok_and(is_it)
    }

    /// Returns the status of what has the name, of whatever kind and owner, `fstatat(2)`.
    ///
    /// # Errors
    /// ENOENT when nothing has it.
    pub(crate) fn stat(&self) -> nix::Result<FileStat> {
        let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
        fstatat(self.directory(), self.name.as_os_str(), flags)
    }

    fn untrusted(&self, reason: String) -> Error {
        Error::untrusted(&self.path, reason)
    }
}

/// Checks that the file could be created or opened for writing, in the caller. Changes nothing.
///
/// # Errors
/// `ErrorKind::Untrusted`; the file or its directory is not writable.
pub(crate) fn check_writable(path: &Path, rule: Rule) -> Result<(), Error> {
    let place = Place::of(path, rule)?;
    let failed = |errno| Error::at("write to", path, errno);
    match place.open("open", OFlag::O_WRONLY, 0) {
        Err(error) if error.is_system(io::ErrorKind::NotFound) => {
            let access = AccessFlags::W_OK | AccessFlags::X_OK;
            check_access(place.directory(), ".".as_ref(), access).map_err(failed)
        }
        other => other.map(drop),
    }
}

/// Sets the mode of a file regardless of the umask, `fchmod(2)`.
///
/// # Errors
/// `fchmod(2)` fails.
pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(fchmod(file, Mode::from_bits_truncate(mode))?)
}
