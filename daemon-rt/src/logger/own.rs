//! The state of this process alone in the logger. A forked child starts with its own.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::os::sys::ForkLocal;

/// The process id, or zero before its first use, and whether the turn is taken.
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

/// Returns whether a thread has the turn to open or create the files of the log, see
/// [`Turn`](super::turn::Turn).
pub(super) fn turn() -> &'static AtomicBool {
    &OWN.get().1
}
