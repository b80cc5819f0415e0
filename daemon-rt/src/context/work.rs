//! The work in flight: how much of it there is, and the wake-up of a loop that waits for its end.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::life;
use crate::os::wake::wake;

/// How much work is in flight.
static GUARDS: AtomicUsize = AtomicUsize::new(0);

/// Counts a piece of work as in flight.
pub(super) fn begin() {
    GUARDS.fetch_add(1, Ordering::AcqRel);
}

/// Counts a piece of work as done, and wakes the loop if it waits for it.
pub(super) fn end() {
    if is_awaited_end() {
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
