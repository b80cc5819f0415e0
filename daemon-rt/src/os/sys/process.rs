//! Processes: fork, wait, pidfd.

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, Pid};

use super::fd::close_all_but;

/// Which of the two processes of a `fork(2)` this one is.
#[derive(Debug)]
pub(crate) enum Fork {
    /// The one that called it; the pid is the child's.
    Parent(Pid, Copies),
    Child(Copies),
}

/// What this process has open because it was open at a fork. Of the two processes that have it then,
/// the one that closes it leaves by `exit` alone: nothing of its callers is used or dropped again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Copies(());

/// `fork(2)` of a process with one thread: a child has that thread alone, and every lock that the
/// others hold.
///
/// # Errors
/// EBUSY when the process has other threads; EAGAIN or ENOMEM of `fork`; `/proc` cannot be read.
pub(crate) fn fork() -> io::Result<Fork> {
    if !has_one_thread()? {
        return Err(Errno::EBUSY.into());
    }
    // SAFETY: the process has a single thread, so no lock can be left taken by a thread that the
    // child does not have.
    Ok(match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Fork::Parent(child, Copies(())),
        ForkResult::Child => Fork::Child(Copies(())),
    })
}

/// Whether this process has the calling thread alone.
///
/// The kernel lets a process part from its thread group only where there is no other thread, and does
/// nothing then, `unshare(2)`. Where a sandbox forbids the call, `/proc` has a subdirectory for each
/// thread, so that a process with one has a link count of 3.
///
/// # Errors
/// The call is forbidden and `/proc` cannot be read.
pub(crate) fn has_one_thread() -> io::Result<bool> {
    match unshare(CloneFlags::CLONE_THREAD) {
        Ok(()) => Ok(true),
        Err(Errno::EINVAL) => Ok(false),
        Err(_) => Ok(std::fs::metadata("/proc/self/task")?.nlink() == 3),
    }
}

impl Copies {
    /// Closes every descriptor above stderr but those of `keep`.
    pub(crate) fn close_all_but(self, keep: &[BorrowedFd<'_>]) -> io::Result<()> {
        // SAFETY: only `fork` makes such a value. Its holder goes on as the daemon or as PID 1's
        // init, which both end in `exit`, and has no owner of a descriptor but those in `keep`.
        unsafe { close_all_but(keep) }
    }
}

/// `waitpid(2)`: the child and how it ended; `None` when `options` has WNOHANG and none has.
///
/// nix's own fails for a child that a realtime signal ended, after it has reaped it.
pub(crate) fn waitpid(pid: i32, options: c_int) -> nix::Result<Option<(i32, ExitStatus)>> {
    let mut status = 0;
    // SAFETY: the kernel writes an int to a pointer to one.
    let ended = Errno::result(unsafe { libc::waitpid(pid, &raw mut status, options) })?;
    Ok((ended != 0).then(|| (ended, ExitStatus::from_raw(status))))
}

/// A child that has ended, and how, which stays to be waited for: `waitid(2)` with WNOWAIT. `None`
/// asks for whichever child.
///
/// # Errors
/// ECHILD when there is no such child.
pub(crate) fn peek(child: Option<Pid>) -> nix::Result<Option<(i32, ExitStatus)>> {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let (kind, id) = child.map_or((libc::P_ALL, 0), |child| {
        (libc::P_PID, child.as_raw().cast_unsigned())
    });
    // SAFETY: a zeroed siginfo_t is a valid value of this plain C struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes a siginfo_t to a pointer to one.
    Errno::result(unsafe { libc::waitid(kind, id, &raw mut info, options) })?;
    // SAFETY: waitid fills in both, and leaves `si_pid` 0 when no child has ended.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    // The word of waitpid(2), in which a signal has the low bits.
    let status = if info.si_code == libc::CLD_EXITED {
        status << 8
    } else {
        status
    };
    Ok((pid != 0).then(|| (pid, ExitStatus::from_raw(status))))
}

/// A descriptor that stands for process `pid`, `pidfd_open(2)`.
pub(crate) fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: plain numbers; a descriptor that comes back is new and nobody else's.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends signal `number` to the process behind `pidfd`, `pidfd_send_signal(2)`.
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, number: c_int) -> nix::Result<()> {
    let info = std::ptr::null::<c_void>();
    // SAFETY: the descriptor is open, and a null info is what kill(2) would send.
    let done = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            number,
            info,
            0,
        )
    };
    Errno::result(done).map(drop)
}

/// Whether the kernel started this program with more rights than its caller has, `getauxval(3)`.
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Calls `action` when the process ends by `exit(3)` or by returning from `main`.
pub(crate) fn at_exit(action: extern "C" fn()) {
    // SAFETY: a function without arguments that lives as long as the program.
    let registered = unsafe { libc::atexit(action) };
    // Without memory for it, what is buffered is recovered as after a SIGKILL.
    let _ = registered;
}
