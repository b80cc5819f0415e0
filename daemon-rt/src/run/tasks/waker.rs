//! The wakers of the hooks: each notes for which one it was, and wakes the loop.
//!
//! So one hook's wake-up does not poll the others. All of it works on any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

/// The waker of the loop, as the runtime last passed it.
#[derive(Debug, Default)]
pub(super) struct Loop(Mutex<Option<Waker>>);

impl Loop {
    /// Wakes this one from now on.
    pub(super) fn set(&self, waker: &Waker) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            let before = known.replace(waker.clone());
            // Dropped without the lock, as it is another crate's code.
            drop(known);
            drop(before);
        }
    }

    /// Makes the runtime poll the loop.
    pub(super) fn wake(&self) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = known.clone();
        drop(known);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The mark of one hook: whether it is to be polled.
#[derive(Debug)]
pub(super) struct Mark {
    is_woken: AtomicBool,
    of: Arc<Loop>,
}

impl Mark {
    pub(super) fn new(of: &Arc<Loop>) -> Arc<Self> {
        Arc::new(Self {
            is_woken: AtomicBool::new(false),
            of: Arc::clone(of),
        })
    }

    /// Marks a future that has just begun, in the loop.
    pub(super) fn begin(&self) {
        self.is_woken.store(true, Ordering::Release);
    }

    pub(super) fn is_set(&self) -> bool {
        self.is_woken.load(Ordering::Acquire)
    }

    /// Takes the mark, before the poll: a wake-up during it counts for the next one.
    pub(super) fn take(&self) -> bool {
        self.is_woken.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Mark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.of.wake();
        }
    }
}
