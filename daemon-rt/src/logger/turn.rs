//! One at a time: the right to change the logger's files or its filter.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::own;

/// The right to put another file behind the output, to make a staging file or to take part in others', or to
/// put another filter in force. Whoever has it must not log: a first record waits for it, too. A forked
/// child finds it free.
pub(super) struct Turn;

impl Turn {
    pub(super) fn try_take() -> Option<Self> {
        let taken = own::turn().swap(true, Ordering::Acquire);
        // Not `then_some`: a turn that is made is given back, also that of somebody else.
        (!taken).then(|| Self)
    }

    /// Whoever has it mostly needs some system calls. Sleeps, for that may be a thread that is not to
    /// run before this one.
    pub(super) fn wait() -> Self {
        loop {
            match Self::try_take() {
                Some(turn) => return turn,
                None => std::thread::sleep(PAUSE),
            }
        }
    }
}

/// Between two looks whether the turn is free.
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
    fn a_turn_is_one_persons() {
        let turn = Turn::wait();
        for _ in 0..2 {
            assert!(Turn::try_take().is_none());
        }
        drop(turn);
        assert!(Turn::try_take().is_some());
        assert!(Turn::try_take().is_some());
    }
}
