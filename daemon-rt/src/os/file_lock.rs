//! Record locks, `fcntl_locking(2)`: a process's own, gone with it, and not its children's.

use std::os::fd::BorrowedFd;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// A record lock on the whole file, whatever its length.
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

/// A write lock on the whole file. The process loses it by closing any descriptor of the file.
pub(crate) fn try_lock(file: BorrowedFd<'_>) -> nix::Result<()> {
    fcntl(file, FcntlArg::F_SETLK(&record_lock(libc::F_WRLCK))).map(drop)
}
