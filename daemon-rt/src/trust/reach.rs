//! Whether another user could open a log, as far as whoever asks can see.

use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::libc;
use nix::sys::stat::{FileStat, fstat, fstatat, stat};

use super::owner::Rule;
use super::walk::walk_by;
use crate::error::Error;
use crate::os::sys;

/// Whether `user`, who `may_user` do something with a file of this owner, group and mode, could make the log `path` or open it for writing, with `root` as its root.
///
/// Nobody becomes that user, and nothing is touched: owner, group and mode are what counts. What has
/// an access control list, `acl(5)`, is not judged: that may say more or less.
///
/// # Errors
/// `ErrorKind::NotAllowed` with what is in the way; those of a walk to the log's folder.
pub(crate) fn check_reach(
    path: &Path,
    root: &Path,
    user: &str,
    may_user: impl Fn(u32, &FileStat) -> bool,
) -> Result<(), Error> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::usage(format!(
            "{} does not name a file",
            path.display()
        )));
    };
    let failed = |place: &Path, errno: Errno| Error::at("inspect", place, errno);
    let may = |wanted, what, place: &Path, found: &FileStat| {
        if may_user(wanted, found) || sys::has_acl(place) {
            return Ok(());
        }
        Err(Error::not_allowed(format!(
            "{user} cannot {what} {} and therefore cannot open the log {}",
            place.display(),
            path.display()
        )))
    };
    let id = |file: &FileStat| (file.st_dev, file.st_ino);
    let root = id(&stat(root).map_err(|errno| failed(root, errno))?);
    // What is above a root of its own the daemon does not pass; an absolute link begins above.
    let mut is_inside = false;
    let folder = walk_by(parent, path, Rule::Log, &mut |walked, found| {
        is_inside = id(found) == root || (is_inside && walked != Path::new("/"));
        if is_inside {
            may(libc::S_IXOTH, "search", walked, found)?;
        }
        Ok(())
    })?;
    if !is_inside {
        // The daemon would not find it, which is not for its mode to say.
        return Ok(());
    }
    let write = |place, found| may(libc::S_IWOTH, "write to", place, found);
    match fstatat(&folder, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(found) => write(path, &found),
        Err(Errno::ENOENT) => {
            let found = fstat(&folder).map_err(|errno| failed(parent, errno))?;
            write(parent, &found)
        }
        Err(errno) => Err(failed(path, errno)),
    }
}
