//! What this process has of its own in the logger: a forked child finds none of it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::stage::Stage;
use crate::os::sys::{ForkLocal, Settable};

/// The process id or zero; whether the turn is taken; the staging file, and whether it was made or
/// could not be.
type Own = (AtomicU32, AtomicBool, Settable<Stage>, AtomicBool);

static OWN: ForkLocal<Own> = ForkLocal::new();

/// Returns this process's id without a system call.
#[inline]
pub(super) fn pid() -> u32 {
    let (pid, ..) = OWN.get();
    match pid.load(Ordering::Relaxed) {
        0 => {
            let own = std::process::id();
            pid.store(own, Ordering::Relaxed);
            own
        }
        own => own,
    }
}

/// Whether somebody has the turn to open or make the log's files, see [`Turn`](super::sink::Turn).
pub(super) fn turn() -> &'static AtomicBool {
    &OWN.get().1
}

/// The staging file, once there is one.
#[inline]
pub(super) fn stage() -> &'static Settable<Stage> {
    &OWN.get().2
}

/// The staging file of a process that may have used nothing in here yet.
pub(super) fn made_stage() -> Option<&'static Stage> {
    OWN.made()?.2.get()
}

/// Whether the staging file was made, or could not be.
pub(super) fn is_staged() -> &'static AtomicBool {
    &OWN.get().3
}
