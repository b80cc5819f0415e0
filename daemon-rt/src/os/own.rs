//! The state of this process alone. A forked child starts with its own.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::os::sys::ForkLocal;

/// The process id, or zero before its first use, and whether the turn is taken.
static OWN: ForkLocal<(AtomicU32, AtomicBool)> = ForkLocal::new();

/// Returns this process's id without a system call.
#[inline]
pub(crate) fn pid() -> u32 {
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
/// [`Turn`](crate::logger::Turn).
pub(crate) fn turn() -> &'static AtomicBool {
    &OWN.get().1
}
