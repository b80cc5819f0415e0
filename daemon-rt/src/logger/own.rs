//! What this process has of its own in the logger: a forked child finds none of it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::os::sys::ForkLocal;

/// The process id or zero, and whether the turn is taken.
static OWN: ForkLocal<(AtomicU32, AtomicBool)> = ForkLocal::new();

/// Returns this process's id without a system call.
#[inline]
pub(super) fn pid() -> u32 {
    let (pid, _) = OWN.get();
    match pid.load(Ordering::Relaxed) {
        0 => {
            let own = std::process::id();
            pid.store(own, Ordering::Relaxed);
            own
        }
        own => own,
    }
}

/// Whether somebody has the turn to open or make the log's files, see [`Turn`](super::turn::Turn).
pub(super) fn turn() -> &'static AtomicBool {
    &OWN.get().1
}
