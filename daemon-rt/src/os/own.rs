//! The state of this process alone. A forked child starts with its own.

use std::process;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::os::sys::ForkLocal;

/// The process id, or zero before its first use, and whether the turn of the logger is taken. They
/// share a page.
static OWN: ForkLocal<(AtomicU32, AtomicBool)> = ForkLocal::new();

/// Returns this process's id, without a system call where the kernel empties the page in a child.
/// May be called in signal context after a first call.
#[inline]
pub(crate) fn pid() -> u32 {
    let (pid, _) = OWN.get();
    match pid.load(Ordering::Relaxed) {
        0 => {
            let own = process::id();
            if OWN.is_local() {
                pid.store(own, Ordering::Relaxed);
            }
            own
        }
        own => own,
    }
}

/// Returns whether a thread has the turn to open or create the files of the log.
pub(crate) fn turn() -> &'static AtomicBool {
    &OWN.get().1
}
