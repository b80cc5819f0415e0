//! The directories that a daemon creates, and the one that may become its root.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::{Mode, fchmod, mkdirat, umask};
use nix::unistd::{Gid, Uid, fchown};

use super::owner::Rule;
use super::place::Place;
use super::walk::walk;
use crate::error::Error;

/// Creates the directory `path` and missing ones above it, with `mode`. Gives the last one to
/// `owner` if it is new. Runs in the caller, and in the daemon when a directory was removed.
///
/// # Errors
/// As [`Place::of`]; `mkdirat(2)` or `fchown(2)` fails.
pub(crate) fn make_directory(
    path: &Path,
    mode: u32,
    owner: Option<(Uid, Gid)>,
) -> Result<(), Error> {
    const STEP: &str = "create the directory";
    let parent = path.parent().unwrap_or(Path::new("/"));
    match walk(path, path, Rule::Log) {
        Err(error) if error.is_system(io::ErrorKind::NotFound) => {}
        other => return other.map(drop),
    }
    if parent != Path::new("/") {
        make_directory(parent, mode, None)?;
    }
    let place = Place::of(path, Rule::Log)?;
    let failed = |errno: Errno| Error::at(STEP, path, errno);
    let bits = Mode::from_bits_truncate(mode);
    // Under a umask of 0777 the new directory could not be opened. This one keeps it private.
    let old = umask(Mode::from_bits_truncate(0o077));
    let made = mkdirat(place.directory(), place.name(), bits);
    umask(old);
    match made {
        // Another start has just created it, and that one is as good.
        Err(Errno::EEXIST) => return walk(path, path, Rule::Log).map(drop),
        result => result.map_err(failed)?,
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let directory =
        openat(place.directory(), place.name(), flags, Mode::empty()).map_err(failed)?;
    fchmod(&directory, bits).map_err(failed)?;
    if let Some((uid, gid)) = owner {
        fchown(&directory, Some(uid), Some(gid)).map_err(failed)?;
    }
    Ok(())
}

/// Opens a directory that only root can change, on a path that only root can change.
///
/// # Errors
/// `ErrorKind::Untrusted`; the directory cannot be opened.
pub(crate) fn open_owned_by_root(path: &Path) -> Result<OwnedFd, Error> {
    let (directory, stat) = walk(path, path, Rule::Root)?;
    // Only above it a sticky directory is accepted.
    if stat.st_mode & (libc::S_IWGRP | libc::S_IWOTH) == 0 {
        return Ok(directory);
    }
    Err(Error::untrusted(
        path,
        "users other than root can write to it; run `chmod go-w` on it",
    ))
}
