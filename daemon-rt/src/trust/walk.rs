//! The walk along a path, which checks each component before use.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};

use super::owner::{Rule, check_directory, describe_owner, is_kind, is_sticky};
use crate::error::Error;

/// The number of links that the kernel follows in one path, `path_resolution(7)`.
const MAX_LINKS: usize = 40;

/// Opens the directory `path` and checks each component on the way. `target` is for messages.
/// Returns the directory with its status.
///
/// # Errors
/// `ErrorKind::Untrusted`; a component cannot be opened.
pub(super) fn walk(path: &Path, target: &Path, rule: Rule) -> Result<(OwnedFd, FileStat), Error> {
    walk_by(path, target, rule, &mut |_, _| Ok(()))
}

/// Opens the directory `path` if `visit` accepts each directory on the way, as [`walk`].
///
/// # Errors
/// As [`walk`]; `visit` fails.
pub(super) fn walk_by(
    path: &Path,
    target: &Path,
    rule: Rule,
    visit: &mut dyn FnMut(&Path, &FileStat) -> Result<(), Error>,
) -> Result<(OwnedFd, FileStat), Error> {
    let end = follow(path, target, rule, visit)?;
    match end.file {
        None => Ok((end.directory, end.here)),
        Some(_) => Err(Error::at("open", &end.walked, Errno::ENOTDIR)),
    }
}

/// The end of a path.
pub(super) struct End {
    /// The directory, or that of the file.
    pub(super) directory: OwnedFd,
    /// The status of the directory.
    pub(super) here: FileStat,
    /// The name and the status of what is not a directory.
    pub(super) file: Option<(OsString, FileStat)>,
    /// The path without links.
    pub(super) walked: PathBuf,
}

/// Follows `path` to its end, as [`walk_by`].
///
/// # Errors
/// As [`walk_by`].
pub(super) fn follow(
    path: &Path,
    target: &Path,
    rule: Rule,
    visit: &mut dyn FnMut(&Path, &FileStat) -> Result<(), Error>,
) -> Result<End, Error> {
    let mut left: VecDeque<OsString> = components(path);
    let mut walked = PathBuf::from("/");
    let mut links = 0;
    let (mut directory, mut here) =
        open_component(AT_FDCWD, OsStr::new("/")).map_err(|e| Error::at("open", path, e))?;
    let untrusted = |reason: String| Error::untrusted(target, reason);
    loop {
        check_directory(&here, rule)
            .map_err(|why| untrusted(format!("{} {why}", walked.display())))?;
        visit(&walked, &here)?;
        let Some(name) = left.pop_front() else {
            return Ok(End {
                directory,
                here,
                file: None,
                walked,
            });
        };
        walked.push(&name);
        let failed = |errno| Error::at("open", &walked, errno);
        let (next, stat) = open_component(&directory, &name).map_err(failed)?;
        if !rule.trusts_owner(&stat) && (is_sticky(&here) || is_kind(&stat, SFlag::S_IFLNK)) {
            let owner = describe_owner(stat.st_uid);
            return Err(untrusted(format!("{} {owner}", walked.display())));
        }
        if is_kind(&stat, SFlag::S_IFLNK) {
            links += 1;
            if links > MAX_LINKS {
                return Err(failed(Errno::ELOOP));
            }
            let text = readlinkat(&next, "").map_err(failed)?;
            let text = Path::new(&text);
            if text.is_absolute() {
                (directory, here) = open_component(AT_FDCWD, OsStr::new("/")).map_err(failed)?;
                walked = PathBuf::from("/");
            } else {
                walked.pop();
            }
            for name in components(text).into_iter().rev() {
                left.push_front(name);
            }
        } else if is_kind(&stat, SFlag::S_IFDIR) {
            (directory, here) = (next, stat);
        } else if left.is_empty() {
            return Ok(End {
                directory,
                here,
                file: Some((name, stat)),
                walked,
            });
        } else {
            return Err(failed(Errno::ENOTDIR));
        }
    }
}

/// Returns the names in a path. `..` is one of them, since only the kernel knows the directory
/// above.
fn components(path: &Path) -> VecDeque<OsString> {
    let names = path.as_os_str().as_bytes().split(|byte| *byte == b'/');
    names
        .filter(|name| !name.is_empty() && *name != b".")
        .map(|name| OsStr::from_bytes(name).to_owned())
        .collect()
}

/// Opens a component without following it, and returns its status. `O_PATH` needs no read
/// permission.
fn open_component(directory: impl AsFd, name: &OsStr) -> nix::Result<(OwnedFd, FileStat)> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let component = openat(directory, name, flags, Mode::empty())?;
    let stat = fstat(&component)?;
    Ok((component, stat))
}
