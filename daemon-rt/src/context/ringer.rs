//! The thread that tells tasks of a stop where hooks are called: the loop is then inside of one.
//!
//! A hook may itself wait for a stop on a runtime, so the loop cannot tell it. The thread begins when
//! something awaits a stop for the first time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::os::{sleeper, threads, wake};
use crate::pending;

/// The stack of the thread. A waker of the program's runs on it.
const STACK: usize = 128 * 1024;

/// Whether the thread was begun.
static HAS_BEGUN: AtomicBool = AtomicBool::new(false);

/// Begins the thread, which calls `ring` once the daemon is to stop. A thread that wakes the loop of async
/// hooks makes it superfluous.
pub(super) fn begin(ring: fn()) {
    if HAS_BEGUN.load(Ordering::Acquire) || wake::has_other() {
        return;
    }
    if !HAS_BEGUN.swap(true, Ordering::AcqRel) {
        let thread = thread::Builder::new().name("stop".to_owned());
        // Without it tasks hear of the stop when the hook has returned.
        if thread.stack_size(STACK).spawn(move || watch(ring)).is_ok() {
            wake::use_also(sleeper::wake);
        }
    }
}

fn watch(ring: fn()) {
    threads::block_signals();
    while !pending::stop_waits() {
        let _ = sleeper::sleep(None);
    }
    ring();
}
