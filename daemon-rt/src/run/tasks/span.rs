//! A span of life, from `on_start` to what comes before `on_stop`: the turns, then the draining.
//!
//! A turn begins the calls whose time has come and polls those that were woken. It never waits: the
//! runtime polls it again. When a call is over it asks for another turn, so that the program's
//! tasks on this thread run in between.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::call::{self, Call};
use super::host::Host;
use super::slots::{Finished, Kind, Slots};
use crate::context::Handle;
use crate::daemon::{AsyncHooks, Daemon};
use crate::instance::watch;
use crate::os::console::TARGET;
use crate::os::signal_queue;
use crate::outcome::Failure;
use crate::run::fault::{Fault, fatal};
use crate::run::runtime::note_stop;

/// How long after the user's code the record lock is looked at again, which that code may have
/// ended.
const LOOK: Duration = Duration::from_millis(100);

/// How a span ended. With neither, the daemon is to stop.
pub(super) struct Span {
    /// A reload has no `on_reload`: `on_stop` and `on_start` follow.
    pub(super) restarts: bool,
    /// Another program is to take over the process.
    pub(super) departs: bool,
    /// The failure that ends the daemon.
    pub(super) fault: Option<Fault>,
    /// When the stop was requested, once it is published.
    pub(super) asked: Option<Instant>,
    /// The exit code of what failed while the span ended.
    pub(super) code: u8,
}

impl Span {
    /// Returns whether another program still is to take over: nothing has failed, and no stop came.
    pub(super) fn goes_to_another(&self) -> bool {
        self.departs && self.fault.is_none() && self.asked.is_none()
    }

    /// Notes a failure. An error is the program's own decision to end, so it goes before a panic,
    /// which another value may follow.
    pub(super) fn note(&mut self, fault: Fault) {
        self.code = self.code.max(fault.code());
        match (&self.fault, &fault) {
            (None, _) | (Some(Fault::Panicked(_)), Fault::Failed(_)) => self.fault = Some(fault),
            _ => {}
        }
    }
}

/// The span while it lasts.
pub(super) struct Turns<F, B> {
    pub(super) slots: Slots<F, B>,
    /// Whether `run` exists.
    runs: bool,
    /// When the last call of `run` began.
    last_run: Option<Instant>,
    /// When the record lock is looked at, after the user's code has run.
    next_look: Option<Instant>,
}

impl Host<'_> {
    /// Lives until the daemon stops or this span of its life ends, and drains.
    ///
    /// The second value is to take the place of this one: a reload has built it meanwhile.
    pub(super) async fn span<D: AsyncHooks>(&mut self, value: &Arc<D>) -> (Span, Option<Arc<D>>) {
        let handle = Handle::of_value();
        let begin = |call| call::make(value, &handle, call);
        let hang_after = self.runtime.detached.settings.spec.hang_after;
        let signals = self.runtime.detached.signals;
        let slots = Slots::new(D::SPEC.timers, signals, hang_after, &self.of, begin);
        let mut turns = Turns {
            slots,
            runs: true,
            last_run: None,
            next_look: None,
        };
        let (turned, next) = loop {
            let turned = poll_fn(|context| turns.turn::<D>(self, context)).await;
            if !matches!(turned, Turned::Restarts) || !self.next.exists() {
                break (turned, None);
            }
            // Without a next value this one goes on, and nothing of it has ended.
            if let Some(next) = self.build_next::<D>().await {
                break (turned, Some(next));
            }
        };
        let mut span = self.ending(turned);
        self.drain(&mut turns.slots, &mut span).await;
        (span, next)
    }
}

/// Why the turns ended.
pub(super) enum Turned {
    Stopped,
    Restarts,
    Departs,
    Failed(Fault),
}

impl<F, B> Turns<F, B>
where
    F: Future<Output = Result<bool, Failure>>,
    B: Fn(Call) -> F,
{
    fn turn<D: Daemon>(&mut self, host: &mut Host<'_>, context: &Context<'_>) -> Poll<Turned> {
        host.begin_turn(context);
        if let Err(fault) = self.keep(host) {
            return Poll::Ready(Turned::Failed(fault));
        }
        self.begin_calls::<D>(host);
        // After SIGCHLD was taken, so that the end of the child is not missed.
        host.runtime.turn_upgrade();
        if !host.runtime.context.is_running() {
            if host.runtime.is_upgrade_due() {
                return Poll::Ready(Turned::Departs);
            }
            note_stop();
            return Poll::Ready(Turned::Stopped);
        }
        let mut next = 0;
        let mut has_finished = false;
        while let Some(finished) = self.slots.poll(&mut next, host.page()) {
            has_finished = true;
            if let Some(turned) = self.take(host, finished) {
                return Poll::Ready(turned);
            }
        }
        if has_finished {
            host.of.wake();
        }
        if self.slots.has_polled() && self.next_look.is_none() {
            self.next_look = Some(Instant::now() + LOOK);
        }
        host.end_turn(self.next(host));
        Poll::Pending
    }

    /// Restores files, and looks at the record lock once the user's code has run.
    fn keep(&mut self, host: &mut Host<'_>) -> Result<(), Fault> {
        let now = Instant::now();
        match self.next_look {
            // It wakes the loop no more than this, however often a hook is polled.
            Some(look) if look <= now => {
                self.next_look = None;
                let _ = watch::has_lost_lock();
            }
            _ => {}
        }
        host.runtime.keep()
    }

    /// Begins the calls whose time has come: of a reload first, the signals by number, children,
    /// timers, `run`.
    fn begin_calls<D: Daemon>(&mut self, host: &mut Host<'_>) {
        if !host.runtime.context.is_running() {
            return;
        }
        if self.slots.is_free(Kind::Reload) && host.begin_reload::<D>() {
            let next = host.next.clone();
            self.slots.begin(Kind::Reload, Call::Reload(next));
        }
        let signals = host.runtime.detached.signals;
        self.slots.begin_signals(&mut host.taken, signals);
        let lost = signal_queue::take_lost();
        if lost != 0 {
            log::error!(target: TARGET, "lost {lost} realtime signals: the queue was full");
        }
        self.slots.begin_child(&mut host.runtime.context.children);
        self.slots.begin_timers(&mut host.timers);
        let is_due = self.next_run(host).is_none_or(|at| at <= Instant::now());
        if self.runs && self.slots.is_free(Kind::Run) && is_due {
            self.last_run = Some(Instant::now());
            self.slots.begin(Kind::Run, Call::Run);
        }
    }

    /// Takes the result of a call. Returns how the turns end, if they do.
    fn take(&mut self, host: &mut Host<'_>, finished: Finished) -> Option<Turned> {
        let Finished { kind, name, result } = finished;
        if kind == Kind::Reload {
            return host.after_reload(result);
        }
        match result {
            Ok(is_handled) => {
                self.runs &= is_handled || kind != Kind::Run;
                None
            }
            Err(fault) => Some(Turned::Failed(fatal(name, fault))),
        }
    }

    /// Returns when `run` is due, or `None` if that is now. A reload may change the interval.
    fn next_run(&self, host: &Host<'_>) -> Option<Instant> {
        let interval = host.runtime.detached.settings.spec.interval;
        self.last_run.map(|begun| begun + interval)
    }

    /// Returns when the next turn is due at the latest.
    fn next(&self, host: &Host<'_>) -> Option<Instant> {
        let is_run_due = self.runs && self.slots.is_free(Kind::Run);
        let now = Instant::now();
        let run = is_run_due.then(|| self.next_run(host).unwrap_or(now));
        let times = [
            self.slots.next_timer(&host.timers),
            run,
            self.next_look,
            watch::next_check(),
        ];
        let next = times.into_iter().flatten().min();
        host.runtime.look_at(next)
    }
}
