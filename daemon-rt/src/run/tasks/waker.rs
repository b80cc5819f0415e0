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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};
    use std::thread;

    use super::{Loop, Mark};

    /// Counts the wake-ups of the loop.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::AcqRel);
        }
    }

    #[test]
    fn wake_up_marks_its_hook_alone_and_wakes_the_loop_once() {
        let (of, count) = (Arc::new(Loop::default()), Arc::new(Count::default()));
        // Before the first poll there is nothing to wake.
        of.wake();
        of.set(&Waker::from(Arc::clone(&count)));
        let (one, other) = (Mark::new(&of), Mark::new(&of));
        let waker = Waker::from(Arc::clone(&one));
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert_eq!(count.0.load(Ordering::Acquire), 1);
        assert!(one.take() && !one.take() && !other.take());
        waker.wake();
        assert_eq!(count.0.load(Ordering::Acquire), 2);
        assert!(one.is_set());
    }

    #[test]
    fn every_wake_up_of_other_threads_is_seen_by_a_later_turn() {
        const EACH: usize = if cfg!(miri) { 20 } else { 20_000 };
        let (of, count) = (Arc::new(Loop::default()), Arc::new(Count::default()));
        of.set(&Waker::from(Arc::clone(&count)));
        let mark = Mark::new(&of);
        let sent = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..EACH {
                        sent.fetch_add(1, Ordering::AcqRel);
                        Waker::from(Arc::clone(&mark)).wake();
                    }
                });
            }
            // The runtime may pass another waker at each poll.
            let mut seen = 0;
            while seen < 2 * EACH {
                of.set(&Waker::from(Arc::clone(&count)));
                if mark.take() {
                    seen = sent.load(Ordering::Acquire);
                }
                thread::yield_now();
            }
        });
        assert!(count.0.load(Ordering::Acquire) >= 1);
    }
}
