//! The thread that sleeps in place of a loop which a runtime polls. One word tells it to wake.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::os::sys::{sleep_while, wake_sleeper};

/// The bits that are set while the thread is to look: 0 while it may sleep.
static WORD: AtomicU32 = AtomicU32::new(0);

/// The loop is to be woken.
const WOKEN: u32 = 1;

/// The thread sleeps too long.
const NUDGED: u32 = 2;

/// Makes the thread wake the loop. May be called on any thread, and in signal context.
pub(crate) fn wake() {
    set(WOKEN);
}

/// Makes [`sleep`] return, without a wake-up of the loop.
pub(crate) fn nudge() {
    set(NUDGED);
}

fn set(bit: u32) {
    if WORD.fetch_or(bit, Ordering::AcqRel) == 0 {
        wake_sleeper(&WORD);
    }
}

/// Sleeps until the loop is to wake. Returns false after `limit`, and maybe before.
pub(crate) fn sleep(limit: Option<Duration>) -> bool {
    if WORD.load(Ordering::Acquire) == 0 {
        sleep_while(&WORD, 0, limit);
    }
    WORD.swap(0, Ordering::AcqRel) & WOKEN != 0
}
