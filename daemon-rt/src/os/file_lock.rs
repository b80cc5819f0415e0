//! Record locks, `fcntl_locking(2)`. They belong to one process, end with it, and are not
//! inherited by its children.

use std::os::fd::BorrowedFd;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// Describes a record lock on the whole file, at any length.
pub(crate) fn record_lock(kind: i32) -> libc::flock {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "constants of fcntl.h that fit the C struct"
    )]
    let (l_type, l_whence) = (kind as libc::c_short, libc::SEEK_SET as libc::c_short);
    libc::flock {
        l_type,
        l_whence,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// Takes a write lock on the whole file. Closing any descriptor of the file releases it.
///
/// # Errors
/// EACCES or EAGAIN when another process holds a lock.
pub(crate) fn try_lock(file: BorrowedFd<'_>) -> nix::Result<()> {
    fcntl(file, FcntlArg::F_SETLK(&record_lock(libc::F_WRLCK))).map(drop)
}
