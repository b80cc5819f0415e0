//! A hook that is a future, and one poll of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::waker::{Loop, Mark};
use crate::context::wait::{self, HookKind};
use crate::instance::state::Page;
use crate::os::fork;
use crate::outcome::Failure;
use crate::run::fault::{Fault, in_hook};

/// The place of a hook. It holds at most one future, so the hook never overlaps with itself.
pub(super) struct Hook<F> {
    name: &'static str,
    future: Pin<Box<Option<F>>>,
    mark: Arc<Mark>,
    waker: Waker,
}

impl<F> Hook<F> {
    pub(super) fn new(name: &'static str, of: &Arc<Loop>) -> Self {
        let mark = Mark::new(of);
        Self {
            name,
            future: Box::pin(None),
            waker: Waker::from(Arc::clone(&mark)),
            mark,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Returns whether the call in progress is to be polled.
    pub(super) fn is_woken(&self) -> bool {
        self.is_busy() && self.mark.is_set()
    }

    /// Returns whether a call is in progress.
    pub(super) fn is_busy(&self) -> bool {
        self.future.is_some()
    }

    /// Begins a call, which the next turn polls first.
    pub(super) fn begin(&mut self, future: F) {
        self.future.set(Some(future));
        self.mark.begin();
    }

    /// Drops the call in progress, whose destructors are the user's code.
    pub(super) fn cancel(&mut self, page: Page) -> Result<(), Fault> {
        if !self.is_busy() {
            return Ok(());
        }
        let future = &mut self.future;
        as_hook(page, self.name, || {
            future.set(None);
            Ok(())
        })
    }
}

impl<T, F: Future<Output = Result<T, Failure>>> Hook<F> {
    /// Polls the call in progress if it was woken. Returns its result when it is over.
    pub(super) fn poll(&mut self, page: Page) -> Option<Result<T, Fault>> {
        if !self.is_busy() || !self.mark.take() {
            return None;
        }
        let (future, waker) = (&mut self.future, &self.waker);
        let polled = as_hook(page, self.name, || {
            let Some(call) = future.as_mut().as_pin_mut() else {
                return Ok(None);
            };
            match call.poll(&mut Context::from_waker(waker)) {
                Poll::Ready(result) => result.map(Some),
                Poll::Pending if fork::is_copy() => Err(Failure::new(&COPY)),
                Poll::Pending => Ok(None),
            }
        });
        let result = polled.transpose()?;
        // A destructor that panics is as bad as a poll that does.
        Some(self.cancel(page).and(result))
    }
}

/// The error of a copy of the daemon that awaits. The runtime's threads and descriptors are the
/// daemon's.
pub(super) const COPY: &str = "it awaits after `fork(2)`, and no runtime goes on in that process";

/// As [`in_hook`], and a panic is that of the hook and not of a task on this thread.
fn as_hook<T>(
    page: Page,
    name: &'static str,
    run: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Fault> {
    wait::change(|now| now.hooks = HookKind::Polled);
    let result = in_hook(page, name, run);
    wait::change(|now| now.hooks = HookKind::Future);
    result
}
