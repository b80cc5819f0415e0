//! The right to change the files or the filter of the logger, for one thread at a time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::os::own;

/// The right to replace the output or the filter, to create a staging file, or to recover those of
/// others. Its holder must not log, because a first record also waits for it. A forked child finds
/// it free.
pub(super) struct Turn;

impl Turn {
    pub(super) fn try_take() -> Option<Self> {
        let taken = own::turn().swap(true, Ordering::Acquire);
        // Not `then_some`: that would construct a turn in any case, and drop it. The drop would
        // release the turn of the holder.
        (!taken).then(|| Self)
    }

    /// Waits for the turn. Its holder usually needs only a few system calls. Sleeps between
    /// attempts, because a holder of lower priority could not run otherwise.
    pub(super) fn wait() -> Self {
        loop {
            match Self::try_take() {
                Some(turn) => return turn,
                None => std::thread::sleep(PAUSE),
            }
        }
    }
}

/// The time between two attempts.
const PAUSE: Duration = Duration::from_micros(50);

impl Drop for Turn {
    fn drop(&mut self) {
        own::turn().store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn taken_turn_is_refused_until_dropped() {
        let turn = Turn::wait();
        for _ in 0..2 {
            assert!(Turn::try_take().is_none());
        }
        drop(turn);
        assert!(Turn::try_take().is_some());
        assert!(Turn::try_take().is_some());
    }
}
