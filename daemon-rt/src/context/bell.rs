//! A list of wakers, for futures that no runtime needs to know.
//!
//! A future takes a place at its first poll and keeps it until it is dropped, so that neither costs a
//! search.

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
        // No code that may panic runs under the lock.
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
