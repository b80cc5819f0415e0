//! The work in flight: how much of it there is, and the wake-up of a loop that waits for its end.
//!
//! Any thread may begin and end work, and `status` shows the number at once, also while a hook hangs.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use super::life;
use crate::instance::state::Page;
use crate::os::fork;
use crate::os::sys::Settable;
use crate::os::wake::wake;

/// How much work is in flight.
static GUARDS: AtomicUsize = AtomicUsize::new(0);

/// The word of the state page in which verbs read that. It is replaced when the lock file is
/// restored.
static PUBLISHED: Settable<&'static AtomicU64> = Settable::empty();

/// Publishes the number in `page` from now on, in the daemon.
pub(crate) fn publish_in(page: Page) {
    let word = page.in_flight();
    PUBLISHED.set(Some(word));
    // Either this sees a change of the number, or the thread that made it sees the new word.
    fence(Ordering::SeqCst);
    store(word);
}

/// Publishes the number, on any thread.
fn publish() {
    // The page is the daemon's, and the number of a copy is its own.
    if let Some(word) = PUBLISHED.get()
        && !fork::is_copy()
    {
        store(word);
    }
}

fn store(word: &AtomicU64) {
    loop {
        let now = in_flight();
        word.store(now as u64, Ordering::SeqCst);
        // Another thread may have changed the number and published it before this did.
        if in_flight() == now {
            return;
        }
    }
}

/// Counts a piece of work as in flight.
pub(super) fn begin() {
    GUARDS.fetch_add(1, Ordering::SeqCst);
    publish();
}

/// Counts a piece of work as done, and wakes the loop if it waits for it.
pub(super) fn end() {
    let is_awaited = is_awaited_end();
    publish();
    if is_awaited {
        wake();
    }
}

/// Counts a piece of work as done. Returns whether it was the last one, and the loop waits.
///
/// This thread writes the number and reads the span, and the loop writes the span and reads the
/// number. Without one order of all four, each could miss what the other wrote.
fn is_awaited_end() -> bool {
    GUARDS.fetch_sub(1, Ordering::SeqCst) == 1 && life::has_ended()
}

/// Returns how much work is in flight.
pub(crate) fn in_flight() -> usize {
    GUARDS.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    /// The loop either sees that the work is done, or is woken for it.
    #[test]
    fn end_of_the_last_work_is_never_missed() {
        let _alone = life::tests::alone();
        for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
            begin();
            let wakes = AtomicBool::new(false);
            let mut left = 0;
            thread::scope(|scope| {
                scope.spawn(|| wakes.store(is_awaited_end(), Ordering::Relaxed));
                life::end_life();
                left = in_flight();
            });
            assert!(left == 0 || wakes.into_inner());
            life::begin_life();
        }
    }
}
