//! Folders: those that a daemon makes, and the one that may become its root.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::{Mode, fchmod, fstat, mkdirat};
use nix::unistd::{Gid, Uid, fchown};

use super::owner::Rule;
use super::place::Place;
use super::walk::walk;
use crate::error::Error;

/// Makes the folder `path` and what is missing above it, with `mode`, and gives the last one to
/// `owner` if it is new.
///
/// # Errors
/// As [`Place::of`].
pub(crate) fn make_folder(path: &Path, mode: u32, owner: Option<(Uid, Gid)>) -> Result<(), Error> {
    const STEP: &str = "create the directory";
    let parent = path.parent().unwrap_or(Path::new("/"));
    match walk(path, path, Rule::Log) {
        Err(error) if error.is_system(io::ErrorKind::NotFound) => {}
        other => return other.map(drop),
    }
    if parent != Path::new("/") {
        make_folder(parent, mode, None)?;
    }
    let place = Place::of(path, Rule::Log)?;
    let failed = |errno: Errno| Error::at(STEP, path, errno);
    let bits = Mode::from_bits_truncate(mode);
    match mkdirat(place.folder(), place.name(), bits) {
        // Somebody else's start made it just now: theirs is as good.
        Err(Errno::EEXIST) => return walk(path, path, Rule::Log).map(drop),
        result => result.map_err(failed)?,
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = openat(place.folder(), place.name(), flags, Mode::empty()).map_err(failed)?;
    fchmod(&folder, bits).map_err(failed)?;
    if let Some((uid, gid)) = owner {
        fchown(&folder, Some(uid), Some(gid)).map_err(failed)?;
    }
    Ok(())
}

/// Opens a folder of root's in which nobody else has a say, nor in where it is.
pub(crate) fn open_roots(path: &Path) -> Result<OwnedFd, Error> {
    let folder = walk(path, path, Rule::Root)?;
    let stat = fstat(&folder).map_err(|errno| Error::at("inspect", path, errno))?;
    // On the way to it a sticky folder will do.
    if stat.st_mode & (libc::S_IWGRP | libc::S_IWOTH) == 0 {
        return Ok(folder);
    }
    Err(Error::untrusted(
        path,
        "users other than root can write to it",
    ))
}
