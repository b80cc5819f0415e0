//! The path of the log, and access to it after the process has changed its root or its user.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use nix::NixPath;
use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat, lstat, stat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::error::Error;
use crate::os::file_id::FileId;
use crate::trust::{self, Rule};

/// The action in error messages.
const STEP: &str = "open the log";

/// The flags with which a file beside the log is opened, because it may be planted.
const SAFE: OFlag = OFlag::O_NOFOLLOW
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NONBLOCK);

/// The path of a file, and its trusted directory. A descriptor of the directory is kept, because a
/// `chroot` changes the meaning of the path.
#[derive(Debug)]
pub(super) struct LogPlace {
    place: trust::Place,
    root: Option<FileId>,
}

impl LogPlace {
    /// Returns the place of `path`, made absolute.
    ///
    /// # Errors
    /// [`ErrorKind::Untrusted`](crate::error::ErrorKind), or the error of the kernel for the
    /// directory.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|source| Error::at(STEP, path, source))?;
        let place =
            trust::Place::of(&path, Rule::Log).map_err(|error| error.instead_at(STEP, &path))?;
        Ok(Self::found(place))
    }

    /// Returns a place whose directories were checked already.
    pub(super) fn found(place: trust::Place) -> Self {
        Self {
            place,
            root: id_at(Path::new("/")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    pub(super) fn directory(&self) -> &File {
        self.place.directory()
    }

    /// Returns the prefix of the names of staging files for this log.
    pub(super) fn stage_prefix(&self) -> String {
        format!("{}.stage.", self.name().to_string_lossy())
    }

    /// Returns the prefix of the names of files during compression.
    pub(super) fn packed_prefix(&self) -> String {
        format!("{}.gz.", self.name().to_string_lossy())
    }

    /// Returns the names of all staging files for this log: `LOG.stage.PID` or `LOG.stage.PID.N`.
    pub(super) fn stages(&self) -> nix::Result<Vec<String>> {
        let prefix = self.stage_prefix();
        let mut names = self.names()?;
        names.retain(|name| {
            let parts = name.strip_prefix(&prefix).map(|rest| rest.split('.'));
            parts.is_some_and(|mut parts| parts.clone().count() <= 2 && parts.all(is_number))
        });
        Ok(names)
    }

    /// Returns the names in the directory, except those that are not UTF-8.
    pub(super) fn names(&self) -> nix::Result<Vec<String>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut names = Vec::new();
        for entry in Dir::openat(self.directory(), ".", flags, Mode::empty())?.iter() {
            names.extend(entry?.file_name().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }

    /// Opens the file with this device and inode. Its name must begin with that of the log, as for
    /// the log itself or an old file.
    ///
    /// Never opens a staging file, even if a note names one. To close it would release the lock on
    /// it, fcntl(2).
    pub(super) fn find(&self, file: FileId, access: OFlag) -> Option<File> {
        // A file with a second name may be planted: a hard link to a file of another user.
        let is_it = |stat: FileStat| FileId::from(&stat) == file && stat.st_nlink == 1;
        let (ours, stage) = (self.name().to_string_lossy(), self.stage_prefix());
        let mut names = self.names().ok()?.into_iter();
        let name = names.find(|name| {
            name.starts_with(&*ours)
                && !name.starts_with(&stage)
                && self.stat_of(&**name).is_ok_and(is_it)
        })?;
        let found = self.open_other(&*name, access).ok()?;
        fstat(&found).is_ok_and(is_it).then_some(found)
    }

    /// Opens the log for appending, and creates it if it is missing.
    pub(super) fn open(&self) -> Result<File, Error> {
        if self.is_reachable() {
            let place = trust::Place::of(self.path(), Rule::Log)?;
            return trust::open_log(&place);
        }
        self.open_here()
    }

    /// Opens the log in the directory that was found, without another walk of the path. For use
    /// just after [`LogPlace::of`], or after the root changed.
    pub(super) fn open_here(&self) -> Result<File, Error> {
        trust::open_log(&self.place)
    }

    /// Returns whether the path now leads to another directory, because the old one was renamed or
    /// replaced.
    pub(super) fn is_elsewhere(&self) -> bool {
        let parent = self.path().parent().and_then(id_at);
        self.is_reachable() && parent.is_some() && parent != FileId::of(self.directory())
    }

    /// Returns the status of the file at the path.
    pub(super) fn stat(&self) -> nix::Result<FileStat> {
        if self.is_reachable() {
            return lstat(self.path());
        }
        self.stat_of(self.name())
    }

    /// Returns the status of another file in the directory.
    pub(super) fn stat_of(&self, name: &(impl NixPath + ?Sized)) -> nix::Result<FileStat> {
        fstatat(self.directory(), name, AtFlags::AT_SYMLINK_NOFOLLOW)
    }

    /// Opens another file in the directory. Never follows a link, and never blocks on a FIFO.
    pub(super) fn open_other(
        &self,
        name: &(impl NixPath + ?Sized),
        access: OFlag,
    ) -> nix::Result<File> {
        openat(self.directory(), name, access | SAFE, Mode::empty()).map(File::from)
    }

    /// Creates another file in the directory. Fails if it exists.
    pub(super) fn create_other(&self, name: &str, mode: u32) -> nix::Result<File> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | SAFE;
        let mode = Mode::from_bits_truncate(mode);
        openat(self.directory(), name, flags, mode).map(File::from)
    }

    /// Renames a file in the directory.
    pub(super) fn rename(
        &self,
        from: &(impl NixPath + ?Sized),
        to: &(impl NixPath + ?Sized),
    ) -> nix::Result<()> {
        renameat(self.directory(), from, self.directory(), to)
    }

    /// Removes a file in the directory if it exists.
    pub(super) fn remove(&self, name: &(impl NixPath + ?Sized)) -> nix::Result<()> {
        match unlinkat(self.directory(), name, UnlinkatFlags::NoRemoveDir) {
            Err(Errno::ENOENT) => Ok(()),
            removed => removed,
        }
    }

    pub(super) fn name(&self) -> &OsStr {
        self.place.name()
    }

    fn is_reachable(&self) -> bool {
        id_at(Path::new("/")) == self.root
    }
}

/// Returns whether `part` of a name is a number.
pub(super) fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn id_at(path: &Path) -> Option<FileId> {
    Some(FileId::from(&stat(path).ok()?))
}
