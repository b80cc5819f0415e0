//! Descriptors, and the kernel's facts about their files.

use std::ffi::{CString, c_int};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::libc;

/// Closes every descriptor above stderr except those in `keep`.
///
/// # Safety
/// No owner of another descriptor is used or dropped from now on.
pub(super) unsafe fn close_all_but(keep: &[BorrowedFd<'_>]) -> io::Result<()> {
    let kept_from = |first| {
        let keep = keep.iter().map(|kept| kept.as_raw_fd().cast_unsigned());
        keep.filter(|kept| *kept >= first).min()
    };
    let mut first = libc::STDERR_FILENO.cast_unsigned() + 1;
    while let Some(kept) = kept_from(first) {
        if kept > first {
            // SAFETY: the caller's contract, and none of `keep` is among them.
            unsafe { close_range(first, kept - 1) }?;
        }
        first = kept + 1;
    }
    // SAFETY: as above.
    unsafe { close_range(first, libc::c_uint::MAX) }
}

/// Closes the descriptors from `first` to `last`.
///
/// # Safety
/// No owner of one of these descriptors is used or dropped from now on.
unsafe fn close_range(first: libc::c_uint, last: libc::c_uint) -> io::Result<()> {
    // SAFETY: the call takes plain numbers. The closed descriptors have no owner left, as the
    // caller states.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    match Errno::result(done) {
        Ok(_) => Ok(()),
        // Old kernels lack the call, and older sandboxes refuse it.
        Err(Errno::ENOSYS | Errno::EPERM) => {
            // SAFETY: the caller's contract.
            unsafe { close_listed(first, last) }
        }
        Err(errno) => Err(errno.into()),
    }
}

/// Closes them by the list in `/proc/self/fd`, since the limit may be 10^9.
///
/// # Safety
/// As for [`close_range`].
unsafe fn close_listed(first: libc::c_uint, last: libc::c_uint) -> io::Result<()> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        open.extend(number.filter(|number: &libc::c_uint| (first..=last).contains(number)));
    }
    for fd in open.into_iter().filter_map(|fd| c_int::try_from(fd).ok()) {
        // SAFETY: the caller's contract. The directory's own descriptor is among them and is
        // already closed. That yields EBADF, which is harmless in a process with one thread.
        unsafe { libc::close(fd) };
    }
    Ok(())
}

/// Duplicates the inherited descriptor `number` and marks the original close-on-exec. The original
/// stays open, since its number does not identify its owner.
///
/// # Errors
/// EBADF when it is not open.
pub(crate) fn duplicate_inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call takes numbers; one that is not open is EBADF.
    let copy = Errno::result(unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) })?;
    // SAFETY: the kernel just made it for us.
    let copy = unsafe { OwnedFd::from_raw_fd(copy) };
    // SAFETY: the call takes numbers.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    Ok(copy)
}

/// Takes the descriptors that a service manager passed, `sd_listen_fds(3)`: `count` of them from 3 on.
/// They become close-on-exec. A second call takes none.
///
/// # Errors
/// EBADF when one of them is not open.
pub(crate) fn take_passed(count: RawFd) -> io::Result<Vec<OwnedFd>> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    const FIRST: RawFd = 3;
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    let numbers = FIRST..FIRST.saturating_add(count);
    for number in numbers.clone() {
        // SAFETY: the call takes numbers; one that is not open is EBADF.
        Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    }
    // SAFETY: all are open. The manager opened them for this process before it began. By its protocol
    // they belong to the one reader of its variables, which takes them once.
    Ok(numbers
        .map(|number| unsafe { OwnedFd::from_raw_fd(number) })
        .collect())
}

/// Returns whether descriptor `number` is open, of whatever file.
pub(crate) fn is_open(number: RawFd) -> bool {
    // SAFETY: the call takes numbers; one that is not open is EBADF.
    unsafe { libc::fcntl(number, libc::F_GETFD) >= 0 }
}

/// Takes the descriptor `number`, which the program before this one left open across `execve(2)`, and
/// marks it close-on-exec.
///
/// # Errors
/// EBADF if it is not open, or a standard stream. EBADF if it is close-on-exec, because this program has
/// opened it then: the standard library and this crate open no other descriptors.
pub(crate) fn adopt_descriptor(number: RawFd) -> io::Result<OwnedFd> {
    if number <= libc::STDERR_FILENO {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: the call takes numbers; one that is not open is EBADF.
    let flags = Errno::result(unsafe { libc::fcntl(number, libc::F_GETFD) })?;
    if flags & libc::FD_CLOEXEC != 0 {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: the call takes numbers.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: it is open. Nothing in this program owns it, because it would be close-on-exec, as it is
    // from now on.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Points the number of `target` at the file of `source`, atomically and close-on-exec, `dup3(2)`.
/// A `write` in progress on `target` ends on the old file.
///
/// # Errors
/// `dup3(2)` fails.
pub(crate) fn replace(target: BorrowedFd<'_>, source: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: both descriptors are open for the whole call. The number keeps its owner, which
    // shares it with no one and only gets another file.
    Errno::result(unsafe { libc::dup3(source.as_raw_fd(), target.as_raw_fd(), libc::O_CLOEXEC) })
        .map(drop)
}

/// Calls `flock(2)` on a descriptor that stays the caller's. nix's `Flock` would own it.
///
/// # Errors
/// EWOULDBLOCK with `LOCK_NB` when another process holds the lock.
pub(crate) fn flock(fd: BorrowedFd<'_>, operation: c_int) -> nix::Result<()> {
    // SAFETY: the descriptor is open for the whole call and the other argument is a number.
    Errno::result(unsafe { libc::flock(fd.as_raw_fd(), operation) }).map(drop)
}

/// Makes the kernel send SIGCHLD once, when an entry of `directory` is created, removed or renamed
/// while the descriptor is open, `F_NOTIFY` of `fcntl(2)`.
///
/// Other code ignores a SIGCHLD without an ended child.
///
/// # Errors
/// The file system does not support it.
pub(crate) fn watch_directory(directory: BorrowedFd<'_>) -> nix::Result<()> {
    const F_SETSIG: c_int = 10;
    // `DN_CREATE`, `DN_DELETE`, `DN_RENAME` and `DN_ATTRIB`, as fcntl.h has them.
    const EVENTS: libc::c_uint = 0x4 | 0x8 | 0x10 | 0x20;
    for (command, argument) in [
        (F_SETSIG, libc::SIGCHLD.cast_unsigned()),
        (libc::F_NOTIFY, EVENTS),
    ] {
        // SAFETY: the descriptor is open for the whole call and the arguments are numbers.
        Errno::result(unsafe { libc::fcntl(directory.as_raw_fd(), command, argument) })?;
    }
    Ok(())
}

/// Makes descriptor `number` survive an exec, or not. May be called in signal context.
///
/// # Errors
/// EBADF if no file has the number.
pub(crate) fn keep_open(number: RawFd, over_exec: bool) -> nix::Result<()> {
    let flags = if over_exec { 0 } else { libc::FD_CLOEXEC };
    // SAFETY: plain numbers; the flag changes no memory.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, flags) }).map(drop)
}

/// Returns whether the file or directory at `path` has an access control list, `acl(5)`.
pub(crate) fn has_acl(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    let name = c"system.posix_acl_access".as_ptr();
    // SAFETY: both texts end with a NUL, and a buffer of size 0 is never written to.
    unsafe { libc::lgetxattr(path.as_ptr(), name, ptr::null_mut(), 0) > 0 }
}

/// Checks the access of the real user to a path, by the system call that predates
/// `faccessat2(2)`. The C library tries the newer one first.
pub(crate) fn faccessat(directory: BorrowedFd<'_>, path: &Path, mode: c_int) -> nix::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let number = libc::SYS_faccessat;
    // SAFETY: the path ends in a zero, and the call only reads it.
    let checked = unsafe { libc::syscall(number, directory.as_raw_fd(), path.as_ptr(), mode) };
    Errno::result(checked).map(drop)
}
