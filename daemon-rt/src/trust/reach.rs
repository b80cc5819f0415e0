//! The check that another user could open the log.

use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::libc;
use nix::sys::stat::{FileStat, fstatat, stat};

use super::owner::Rule;
use super::walk::walk_by;
use crate::error::Error;
use crate::os::file_id::FileId;
use crate::os::sys;

/// Checks that `user` could create the log `path` or open it for writing, below the root directory
/// `root`. Runs in the caller and changes nothing.
///
/// `may_user` decides by owner, group and mode of a file. A file with an access control list,
/// `acl(5)`, passes, since the list may grant more or less.
///
/// # Errors
/// `ErrorKind::NotAllowed` with the obstacle; as [`Place::of`](super::place::Place::of).
pub(crate) fn check_reach(
    path: &Path,
    root: &Path,
    user: &str,
    may_user: impl Fn(u32, &FileStat) -> bool,
) -> Result<(), Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage(format!(
            "{} does not name a file; pass the path of a file",
            path.display()
        )));
    };
    let failed = |place: &Path, errno: Errno| Error::at("inspect", place, errno);
    let may = |wanted, what, place: &Path, found: &FileStat| {
        if may_user(wanted, found) || sys::has_acl(place) {
            return Ok(());
        }
        Err(Error::not_allowed(format!(
            "{user} cannot {what} {} and therefore cannot open the log {}; change its mode, or pass --log-file",
            place.display(),
            path.display()
        )))
    };
    let root = FileId::from(&stat(root).map_err(|errno| failed(root, errno))?);
    // The daemon does not pass the directories above its root. An absolute link begins above it.
    let mut is_inside = false;
    let (directory, status) = walk_by(parent, path, Rule::Log, &mut |walked, found| {
        is_inside = FileId::from(found) == root || (is_inside && walked != Path::new("/"));
        if is_inside {
            may(libc::S_IXOTH, "search", walked, found)?;
        }
        Ok(())
    })?;
    if !is_inside {
        // The daemon would not find the log, which is not a question of modes.
        return Ok(());
    }
    let write = |place, found| may(libc::S_IWOTH, "write to", place, found);
    match fstatat(&directory, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(found) => write(path, &found),
        Err(Errno::ENOENT) => write(parent, &status),
        Err(errno) => Err(failed(path, errno)),
    }
}
