//! The pid file, for people and init systems. The lock, not this file, identifies the daemon.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, renameat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::error::{Error, is_missing};
use crate::os::file_id::FileId;
use crate::os::known_file::KnownFile;
use crate::trust::{Place, Rule, set_mode};

const STEP: &str = "write the pid file";

/// The pid file that this daemon wrote.
#[derive(Debug)]
pub(crate) struct PidFile {
    /// `None` after the daemon has changed its root, because the path leads elsewhere then.
    pub(super) place: Option<Place>,
    /// Stays open, so that the daemon can truncate the file in a directory that it cannot write to.
    pub(super) file: KnownFile,
}

impl PidFile {
    /// Writes `pid` and a newline, atomically. Runs in the daemon, which holds the lock.
    ///
    /// # Errors
    /// `ErrorKind::Untrusted` if the path is a link, a FIFO, or a file of another user.
    pub(crate) fn write(place: Place, pid: u32) -> Result<Self, Error> {
        ignore_missing(place.open(STEP, OFlag::O_RDONLY, 0))?;
        let failed = |source: io::Error| Error::at(STEP, place.path(), source);
        let new = place.beside(temporary(place.name()));
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
        let (mut file, stat) = match new.open_stat(STEP, flags, 0o644) {
            // A killed daemon left it. Only the holder of the lock writes here.
            Err(error) if error.is_system(io::ErrorKind::AlreadyExists) => {
                new.open(STEP, OFlag::O_RDONLY, 0)?;
                remove(&new).map_err(|errno| failed(errno.into()))?;
                new.open_stat(STEP, flags, 0o644)?
            }
            opened => opened?,
        };
        set_mode(&file, 0o644)
            .and_then(|()| file.write_all(format!("{pid}\n").as_bytes()))
            .and_then(|()| {
                Ok(renameat(
                    new.directory(),
                    new.name(),
                    place.directory(),
                    place.name(),
                )?)
            })
            .map_err(|source| {
                let _ = remove(&new);
                failed(source)
            })?;
        if !place.has(FileId::from(&stat)) {
            return Err(Error::untrusted(
                place.path(),
                "it was replaced while it was written; see who writes to its directory",
            ));
        }
        Ok(Self {
            place: Some(place),
            file: KnownFile::with_stat(file, &stat),
        })
    }

    /// Returns the identity of the file.
    pub(crate) fn id(&self) -> FileId {
        self.file.id()
    }

    /// Reports whether the path still leads to the file that was written.
    pub(crate) fn is_current(&self) -> bool {
        match &self.place {
            _ if !self.file.is_open() => false,
            // If the path cannot be examined, the file counts as present.
            Some(place) => {
                let is_hidden = |error: Error| {
                    error
                        .system_error()
                        .is_some_and(|source| !is_missing(source))
                };
                place.has(self.id()) || place.look().is_err_and(is_hidden)
            }
            None => self.file.metadata().is_ok_and(|file| file.nlink() == 1),
        }
    }

    /// Closes the directory, by which a daemon could leave its new root.
    pub(crate) fn close_directory(&mut self) {
        self.place = None;
    }

    /// Removes the file if it is still the one that was written.
    ///
    /// Truncates it instead if the daemon can no longer write to the directory.
    pub(crate) fn remove(&self) -> io::Result<()> {
        if !self.is_current() {
            return Ok(());
        }
        let removed = match &self.place {
            Some(place) => remove(place),
            None => Err(Errno::EACCES),
        };
        match removed {
            Err(Errno::EACCES | Errno::EPERM | Errno::EROFS) => self.file.set_len(0),
            done => Ok(done?),
        }
    }
}

/// Reports whether a pid file that is not empty exists. If the lock is free, its daemon died.
pub(crate) fn is_left_behind(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|file| !file.is_file() || file.len() > 0)
}

/// Returns the content of the pid file for a message, at most 32 bytes.
pub(crate) fn read_for_message(path: &Path) -> String {
    let mut text = String::new();
    let opened = Place::of(path, Rule::PidFile)
        .and_then(|p| p.open("read the pid file", OFlag::O_RDONLY, 0));
    if let Ok(file) = opened {
        let _ = file.take(32).read_to_string(&mut text);
    }
    text.trim().to_owned()
}

/// Removes the files that a dead daemon left.
///
/// The calling verb holds the verb lock, and the record lock is free.
///
/// # Errors
/// `ErrorKind::Untrusted` if the path is a link, a FIFO, or a file of another user.
pub(crate) fn remove_leftovers(place: Place) -> Result<(), Error> {
    for file in [place.beside(temporary(place.name())), place] {
        if ignore_missing(file.open("read the pid file", OFlag::O_RDONLY, 0))?.is_some() {
            remove(&file).map_err(|errno| Error::at("remove the pid file", file.path(), errno))?;
        }
    }
    Ok(())
}

/// Returns the name that the file has until it is complete.
fn temporary(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(".new");
    temporary
}

fn remove(place: &Place) -> nix::Result<()> {
    unlinkat(place.directory(), place.name(), UnlinkatFlags::NoRemoveDir)
}

fn ignore_missing<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_system(io::ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
