//! A list of wakers, for futures that no runtime needs to know.
//!
//! A future takes a place at its first poll and keeps it until it is dropped, so that neither costs
//! a search.

use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Wakes every task that waits for one event.
#[derive(Debug)]
pub(crate) struct Bell(Mutex<Places>);

/// The place of a future in the list.
#[derive(Debug)]
pub(crate) struct Place(usize);

#[derive(Debug)]
struct Places {
    /// `None`: free, or the future has been woken and was not polled again.
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl Bell {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Places {
            wakers: Vec::new(),
            free: Vec::new(),
        }))
    }

    /// Wakes the tasks that wait. The event must have happened before, as `is_over` of
    /// [`Bell::poll`] sees it.
    pub(crate) fn ring(&self) {
        let waiting: Vec<_> = {
            let mut places = self.lock();
            places.wakers.iter_mut().filter_map(Option::take).collect()
        };
        // Without the lock, since a waker is another crate's code.
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Polls a future that is ready when `is_over`. It gives `place` back by [`Bell::leave`].
    pub(crate) fn poll(
        &self,
        place: &mut Option<Place>,
        is_over: impl Fn() -> bool,
        context: &Context<'_>,
    ) -> Poll<()> {
        if is_over() {
            return Poll::Ready(());
        }
        let before = {
            let mut places = self.lock();
            // Asked again: the bell may have rung before the lock was taken.
            if is_over() {
                return Poll::Ready(());
            }
            let place = place.get_or_insert_with(|| places.take());
            let waker = places.wakers.get_mut(place.0);
            waker.and_then(|waker| match waker {
                Some(known) if known.will_wake(context.waker()) => None,
                waker => waker.replace(context.waker().clone()),
            })
        };
        drop(before);
        Poll::Pending
    }

    /// Gives the place of a future back, if it took one.
    pub(crate) fn leave(&self, place: &mut Option<Place>) {
        let Some(Place(index)) = place.take() else {
            return;
        };
        let waker = {
            let mut places = self.lock();
            places.free.push(index);
            places.wakers.get_mut(index).and_then(Option::take)
        };
        drop(waker);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Places> {
        // A foreign waker may panic under it, and leaves the list whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn take(&mut self) -> Place {
        Place(self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};

    use super::{Bell, Place};

    /// Wakes a thread that polls, and counts.
    struct Unpark(Thread, AtomicUsize);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.unpark();
        }
    }

    fn unpark() -> Arc<Unpark> {
        Arc::new(Unpark(thread::current(), AtomicUsize::new(0)))
    }

    /// Waits on this thread until `is_over`.
    fn wait(bell: &Bell, is_over: impl Fn() -> bool) {
        let waker = Waker::from(unpark());
        let mut place = None;
        let mut future = pin!(poll_fn(|context| bell.poll(&mut place, &is_over, context)));
        while future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
        {
            thread::park();
        }
        bell.leave(&mut place);
    }

    #[test]
    fn no_ring_is_missed_and_places_are_used_again() {
        const RINGS: u32 = if cfg!(miri) { 8 } else { 2000 };
        let (bell, rings, seen) = (Bell::new(), AtomicU32::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for ring in 0..RINGS {
                        wait(&bell, || rings.load(Ordering::Acquire) > ring);
                    }
                    seen.fetch_add(1, Ordering::Relaxed);
                });
            }
            for _ in 0..RINGS {
                rings.fetch_add(1, Ordering::AcqRel);
                bell.ring();
                thread::yield_now();
            }
        });
        assert_eq!(seen.into_inner(), 3);
        let places = bell.lock();
        assert!(places.wakers.len() <= 3);
        assert_eq!(places.free.len(), places.wakers.len());
        assert!(places.wakers.iter().all(Option::is_none));
    }

    #[test]
    fn only_the_last_waker_of_a_future_is_woken() {
        let bell = Bell::new();
        let (first, last) = (unpark(), unpark());
        let mut place: Option<Place> = None;
        for waker in [&first, &last, &last] {
            let waker = Waker::from(Arc::clone(waker));
            let polled = bell.poll(&mut place, || false, &Context::from_waker(&waker));
            assert_eq!(polled, Poll::Pending);
        }
        assert_eq!(Arc::strong_count(&first), 1, "the old waker is dropped");
        bell.ring();
        bell.ring();
        let counts = [first, last].map(|waker| waker.1.load(Ordering::Relaxed));
        assert_eq!(counts, [0, 1]);
        bell.leave(&mut place);
        assert!(place.is_none());
    }
}
