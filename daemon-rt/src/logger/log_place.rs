//! The log's path, and how to get there again after the process's root or rights have changed.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::dir::Dir;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat, lstat, stat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::error::Error;
use crate::error::Error as Failure;
use crate::trust::{self, Rule};

/// What failed, in messages.
const STEP: &str = "open the log";

/// A file's path, and the folder it is in, which was found trustworthy: a `chroot` makes the path
/// mean something else.
#[derive(Debug)]
pub(super) struct LogPlace {
    place: trust::Place,
    root: Option<(u64, u64)>,
}

impl LogPlace {
    /// The place `path`, made absolute.
    ///
    /// # Errors
    /// [`ErrorKind::Untrusted`](crate::error::ErrorKind), or what the kernel said of the folder.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let path = std::path::absolute(path).map_err(|source| Failure::at(STEP, path, source))?;
        let place =
            trust::Place::of(&path, Rule::Log).map_err(|error| error.instead_at(STEP, &path))?;
        Ok(Self::found(place))
    }

    /// The same where the way has been walked already.
    pub(super) fn found(place: trust::Place) -> Self {
        Self {
            place,
            root: root(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    pub(super) fn folder(&self) -> &OwnedFd {
        self.place.folder()
    }

    /// What the names of staging files for this log begin with.
    pub(super) fn stage_prefix(&self) -> String {
        format!("{}.stage.", self.name().to_string_lossy())
    }

    /// What the names of files begin with that are being compressed.
    pub(super) fn packed_prefix(&self) -> String {
        format!("{}.gz.", self.name().to_string_lossy())
    }

    /// The names of all staging files for this log: `LOG.stage.PID`, or `LOG.stage.PID.N`.
    pub(super) fn stages(&self) -> nix::Result<Vec<String>> {
        let prefix = self.stage_prefix();
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let mut names = self.names()?;
        names.retain(|name| {
            let parts = name.strip_prefix(&prefix).map(|rest| rest.split('.'));
            parts.is_some_and(|mut parts| parts.clone().count() <= 2 && parts.all(is_number))
        });
        Ok(names)
    }

    /// The names in the folder, but for those that are not UTF-8.
    pub(super) fn names(&self) -> nix::Result<Vec<String>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut names = Vec::new();
        for entry in Dir::openat(self.folder(), ".", flags, Mode::empty())?.iter() {
            names.extend(entry?.file_name().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }

    /// Opens the file with this device and inode, if it has a name in the folder that begins with
    /// the log's: the log, or what a rotation made of it.
    ///
    /// Opens no staging file, whatever another one notes: to close it would drop the lock on it, fcntl(2).
    pub(super) fn find(&self, file: (u64, u64), access: OFlag) -> Option<File> {
        // One with a second name may be a plant: somebody else's file, linked here.
        let is_it = |stat: FileStat| (stat.st_dev, stat.st_ino) == file && stat.st_nlink == 1;
        let (ours, stage) = (self.name().to_string_lossy(), self.stage_prefix());
        let at = AtFlags::AT_SYMLINK_NOFOLLOW;
        let mut names = self.names().ok()?.into_iter();
        let name = names.find(|name| {
            name.starts_with(&*ours)
                && !name.starts_with(&stage)
                && fstatat(self.folder(), &**name, at).is_ok_and(is_it)
        })?;
        let flags = access | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let found = openat(self.folder(), &*name, flags, Mode::empty()).ok()?;
        fstat(&found).is_ok_and(is_it).then(|| found.into())
    }

    /// Opens the log for appending, making it if it is missing.
    pub(super) fn open(&self) -> Result<File, Error> {
        if self.is_reachable() {
            let place = trust::Place::of(self.path(), Rule::Log)?;
            return Ok(trust::open_log(&place)?);
        }
        self.open_here()
    }

    /// The same in the folder that was found, whatever is at the path by now: just after
    /// [`LogPlace::of`], or when the root changed since.
    pub(super) fn open_here(&self) -> Result<File, Error> {
        Ok(trust::open_log(&self.place)?)
    }

    /// Whether the path's folder is another one by now: removed and made anew, or renamed.
    pub(super) fn is_elsewhere(&self) -> bool {
        let parent = self.path().parent().map(stat);
        let same = |there: FileStat| {
            fstat(self.folder())
                .is_ok_and(|ours| (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino))
        };
        self.is_reachable() && parent.is_some_and(|there| there.is_ok_and(|there| !same(there)))
    }

    /// What is at the path now.
    pub(super) fn stat(&self) -> nix::Result<FileStat> {
        if self.is_reachable() {
            return lstat(self.path());
        }
        fstatat(self.folder(), self.name(), AtFlags::AT_SYMLINK_NOFOLLOW)
    }

    /// Removes a staging file. One that stays is found empty by the next recovery.
    pub(super) fn remove(&self, name: &str) {
        let _ = unlinkat(self.folder(), name, UnlinkatFlags::NoRemoveDir);
    }

    fn name(&self) -> &OsStr {
        self.place.name()
    }

    fn is_reachable(&self) -> bool {
        root() == self.root
    }
}

fn root() -> Option<(u64, u64)> {
    stat("/").ok().map(|root| (root.st_dev, root.st_ino))
}
