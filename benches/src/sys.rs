//! The system calls that nix does not wrap.
#![allow(unsafe_code, reason = "the one place for it")]

use nix::libc;
use nix::sys::resource::{UsageWho, getrusage};

/// Queues the realtime signal `number` for process `pid`; false: the kernel's queue is full.
pub(crate) fn queue(pid: i32, number: i32) -> bool {
    let value = libc::sigval {
        sival_ptr: std::ptr::null_mut(),
    };
    // SAFETY: plain values; the receiver does not use the pointer.
    unsafe { libc::sigqueue(pid, number, value) == 0 }
}

/// Lets `count` signals be queued for the user of process `pid`.
pub(crate) fn allow_queued(pid: i32, count: u64) {
    let limit = libc::rlimit64 {
        rlim_cur: count,
        rlim_max: count,
    };
    // SAFETY: the kernel reads a limit from a pointer to one.
    unsafe {
        libc::prlimit64(
            pid,
            libc::RLIMIT_SIGPENDING,
            &raw const limit,
            std::ptr::null_mut(),
        )
    };
}

/// Processor seconds, user and system, of all children that have been waited for.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) fn children_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Runs before the other processes of the machine, if permitted: `setpriority(2)`.
pub(crate) fn hurry() {
    // SAFETY: plain numbers.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) };
}

/// Gives way again, for what is not timed by the clock.
pub(crate) fn relax() {
    // SAFETY: plain numbers.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 0) };
}
