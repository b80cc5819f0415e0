//! The common ground of the hooks: the parts that outlive the value, and the waking of the loop.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::hook::{COPY, Hook};
use super::waker::Loop;
use super::watcher::Watcher;
use crate::context::timers::Timers;
use crate::context::{life, wait};
use crate::instance::state::Page;
use crate::manager;
use crate::os::{deadline, fork};
use crate::outcome::Failure;
use crate::pending;
use crate::run::config::Next;
use crate::run::fault::{Fault, end_copy};
use crate::run::runtime::Runtime;
use crate::signal::SignalInfo;
use crate::spec::Timer;

/// The daemon process without its value.
pub(super) struct Host<'r> {
    pub(super) runtime: &'r mut Runtime,
    pub(super) of: Arc<Loop>,
    /// Realtime signals that wait for their slots, in order.
    pub(super) taken: VecDeque<SignalInfo>,
    pub(super) timers: Timers,
    watcher: &'r Watcher,
    /// The settings of the reload in progress.
    pub(super) next: Next,
}

impl<'r> Host<'r> {
    pub(super) fn begin(runtime: &'r mut Runtime, timers: &[Timer], watcher: &'r Watcher) -> Self {
        Self {
            runtime,
            of: Arc::clone(watcher.of()),
            taken: VecDeque::new(),
            timers: Timers::new(timers),
            watcher,
            next: Next::default(),
        }
    }

    pub(super) fn page(&self) -> Page {
        self.runtime.context.page
    }

    /// Begins a turn: does what each poll of the loop is for, whatever the hooks do.
    pub(super) fn begin_turn(&self, context: &Context<'_>) {
        if fork::is_copy() {
            // It came here by way of the runtime, after a task has forked.
            let fault = Err::<(), _>(Fault::Failed(COPY.to_owned()));
            end_copy("the runtime", &fault);
        }
        self.of.set(context.waker());
        wait::apply_requests(Some(self.page()));
        manager::turn();
    }

    /// Ends a turn: the loop is polled again at `next`, or when something wakes it.
    pub(super) fn end_turn(&self, next: Option<Instant>) {
        let next = [next, manager::next_turn()].into_iter().flatten().min();
        if next.is_some_and(|next| next <= Instant::now()) {
            // Without the way by the thread.
            self.of.wake();
        } else {
            self.watcher.wake_at(next);
        }
    }

    /// Awaits a hook that runs alone. If the daemon is to stop meanwhile, `on_start` and `new` have
    /// the time that hooks have to end.
    pub(super) async fn alone<T>(
        &mut self,
        name: &'static str,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Fault> {
        let mut hook = Hook::new(name, &self.of);
        hook.begin(call);
        poll_fn(|context| {
            self.begin_turn(context);
            if let Some(result) = hook.poll(self.page()) {
                return Poll::Ready(result);
            }
            let end = self.end_of_start(name);
            if end.is_some_and(|end| end <= Instant::now()) {
                let cut = || {
                    Fault::Failed(
                        "it did not return in time for a stop; let it also wait for `Handle::stopping`"
                            .to_owned(),
                    )
                };
                return Poll::Ready(hook.cancel(self.page()).and_then(|()| Err(cut())));
            }
            self.end_turn(end);
            Poll::Pending
        })
        .await
    }

    /// Returns when `name` is dropped, which `on_stop` never is. Tells tasks of the stop.
    fn end_of_start(&self, name: &str) -> Option<Instant> {
        if name == "on_stop" || !pending::stop_waits() {
            return None;
        }
        life::end_life();
        Some(self.runtime.drain_end(deadline::asked()))
    }
}
