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

/// The side of a `fork(2)` on which the caller returns.
#[derive(Debug)]
pub(crate) enum Fork {
    /// The calling process, with the pid of the child.
    Parent(Pid, Copies),
    /// The new process.
    Child(Copies),
}

/// The descriptors that were open at a fork and that both processes share.
///
/// The process that closes them must leave by `exit`, since no value of its callers may be used or
/// dropped again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Copies(());

/// Forks a process with one thread, `fork(2)`. In a process with more, the child would keep the
/// locks that the other threads hold.
///
/// # Errors
/// EBUSY when the process has other threads; EAGAIN or ENOMEM of `fork`; `/proc` cannot be read.
pub(crate) fn fork() -> io::Result<Fork> {
    if !has_one_thread()? {
        return Err(Errno::EBUSY.into());
    }
    // SAFETY: the process has a single thread, so no thread that the child
    // lacks can hold a lock.
    Ok(match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Fork::Parent(child, Copies(())),
        ForkResult::Child => Fork::Child(Copies(())),
    })
}

/// Returns whether the calling thread is the only one.
///
/// `unshare(2)` of the thread group succeeds only in a single-threaded process, and does nothing
/// there. Where a sandbox forbids the call, `/proc` has a subdirectory per thread. A process with
/// one thread then has a link count of 3.
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
    /// Closes every descriptor above stderr except those in `keep`, in a process that ends in
    /// `exit`.
    ///
    /// # Errors
    /// `close_range(2)` fails and `/proc` cannot be read.
    pub(crate) fn close_all_but(self, keep: &[BorrowedFd<'_>]) -> io::Result<()> {
        // SAFETY: only `fork` creates such a value. Its holder continues as the daemon or as PID 1,
        // which both end in `exit`. It owns no descriptor except those in `keep`.
        unsafe { close_all_but(keep) }
    }
}

/// Reaps a child, `waitpid(2)`, and returns its pid and status. Returns `None` when `options` has
/// WNOHANG and no child has ended.
///
/// nix's `waitpid` reaps a child that a realtime signal ended, and then fails. A signal does not
/// end this call.
///
/// # Errors
/// ECHILD when there is no such child.
pub(crate) fn waitpid(pid: i32, options: c_int) -> nix::Result<Option<(i32, ExitStatus)>> {
    let mut status = 0;
    loop {
        // SAFETY: the kernel writes an int to a pointer to one.
        match Errno::result(unsafe { libc::waitpid(pid, &raw mut status, options) }) {
            Err(Errno::EINTR) => {}
            Ok(0) => return Ok(None),
            ended => return ended.map(|pid| Some((pid, ExitStatus::from_raw(status)))),
        }
    }
}

/// Returns an ended child and its status without reaping it, `waitid(2)` with WNOWAIT. With `None`
/// it considers every child.
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
    // SAFETY: waitid sets both, and leaves `si_pid` 0 when no child has ended.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    // The status word of waitpid(2) has a signal in its low bits.
    let status = if info.si_code == libc::CLD_EXITED {
        status << 8
    } else {
        status
    };
    Ok((pid != 0).then(|| (pid, ExitStatus::from_raw(status))))
}

/// Opens a descriptor that refers to process `pid`, `pidfd_open(2)`.
///
/// # Errors
/// ESRCH when there is no such process.
pub(crate) fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes plain numbers, and a returned descriptor is new.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends signal `number` to the process of `pidfd`, `pidfd_send_signal(2)`.
///
/// # Errors
/// ESRCH when it has ended; EPERM.
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, number: c_int) -> nix::Result<()> {
    let info = std::ptr::null::<c_void>();
    // SAFETY: the descriptor is open, and a null info acts as kill(2).
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

/// Sends signal `number` to process `pid`, or only checks that it exists for 0, `kill(2)`.
///
/// # Errors
/// ESRCH when there is no such process; EPERM.
pub(crate) fn kill(pid: Pid, number: c_int) -> nix::Result<()> {
    // SAFETY: the call takes plain numbers.
    Errno::result(unsafe { libc::kill(pid.as_raw(), number) }).map(drop)
}

/// Returns whether the kernel started this program with more privileges than its caller has, as for
/// a setuid file, `getauxval(3)`.
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Registers `action` for the end of the process by `exit(3)` or by a return from `main`.
pub(crate) fn at_exit(action: extern "C" fn()) {
    // SAFETY: the function takes no arguments and lives as long as the program.
    let registered = unsafe { libc::atexit(action) };
    // If memory is exhausted, buffered records are recovered as after a SIGKILL.
    let _ = registered;
}
