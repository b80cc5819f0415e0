//! The slots of a daemon's hooks, one for each kind, and the events that begin a call.
//!
//! An event whose slot is taken waits where it is: a signal in its bit or in the queue, a child as
//! a zombie, a timer by being due. So nothing piles up here.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::call::Call;
use super::hook::Hook;
use super::waker::Loop;
use crate::context::children::Children;
use crate::context::first_run;
use crate::context::timers::Timers;
use crate::instance::state::Page;
use crate::outcome::Failure;
use crate::pending;
use crate::pending::Batch;
use crate::run::fault::Fault;
use crate::signal::{Signal, SignalInfo};
use crate::spec::Timer;

/// The most realtime signals that are taken out of their queue before their slots are free. A slow
/// handler then holds up those of other signals only behind that number of its own.
const TAKEN: usize = 64;

/// The kind of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Run,
    Reload,
    Child,
    Timer(usize),
    Signal(Signal),
}

/// The slots. A `B` begins a call, which is an `F`.
pub(super) struct Slots<F, B> {
    hooks: Vec<(Kind, Hook<F>)>,
    begin: B,
    /// The slot with which the last turn began.
    first: usize,
    /// Whether the user's code has run since [`Slots::has_polled`].
    polled: bool,
    /// Whether a child may have ended that is not reaped yet.
    has_children: bool,
    /// How long the first poll of `run` may take without a warning; none after it.
    watched: Option<Duration>,
}

impl<F, B> Slots<F, B>
where
    F: Future<Output = Result<bool, Failure>>,
    B: Fn(Call) -> F,
{
    pub(super) fn new(
        timers: &'static [Timer],
        signals: &'static [Signal],
        hang_after: Duration,
        of: &Arc<Loop>,
        begin: B,
    ) -> Self {
        let slot = |(kind, name)| (kind, Hook::new(name, of));
        let timed = timers.iter().enumerate();
        let fixed = [
            (Kind::Run, "run"),
            (Kind::Reload, "on_reload"),
            (Kind::Child, "on_child"),
        ];
        let kinds = fixed
            .into_iter()
            .chain(timed.map(|(index, timer)| (Kind::Timer(index), timer.name)))
            .chain(
                signals
                    .iter()
                    .map(|signal| (Kind::Signal(*signal), "on_signal")),
            );
        Self {
            hooks: kinds.map(slot).collect(),
            begin,
            first: 0,
            polled: false,
            has_children: true,
            watched: Some(hang_after),
        }
    }

    pub(super) fn is_free(&self, kind: Kind) -> bool {
        is_free(&self.hooks, kind)
    }

    /// Returns whether the user's code has run since the last call.
    pub(super) fn has_polled(&mut self) -> bool {
        std::mem::take(&mut self.polled)
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.hooks.iter().any(|(_, hook)| hook.is_busy())
    }

    /// Begins a call, whose slot is free.
    pub(super) fn begin(&mut self, kind: Kind, call: Call) {
        let found = self.hooks.iter_mut().find(|(of, _)| *of == kind);
        if let Some((_, hook)) = found {
            hook.begin((self.begin)(call));
        }
    }

    /// Begins the calls for the signals that have arrived, standard ones by number first. Realtime
    /// ones that wait for their slots are in `taken`, in order, which outlives the slots.
    pub(super) fn begin_signals(&mut self, taken: &mut VecDeque<SignalInfo>, listed: &[Signal]) {
        let free: Vec<_> = listed
            .iter()
            .copied()
            .filter(|signal| self.is_free(Kind::Signal(*signal)))
            .collect();
        let room = TAKEN.saturating_sub(taken.len());
        let mut batch = Batch::begin_within(room);
        while let Some(info) = batch.next(&free) {
            match info.signal {
                Signal::Realtime(_) => taken.push_back(info),
                signal => self.begin(Kind::Signal(signal), Call::Signal(info)),
            }
        }
        let mut rest = VecDeque::new();
        for info in std::mem::take(taken) {
            let kind = Kind::Signal(info.signal);
            if self.is_free(kind) {
                self.begin(kind, Call::Signal(info));
            } else {
                rest.push_back(info);
            }
        }
        *taken = rest;
    }

    /// Begins a call for a child that has ended.
    pub(super) fn begin_child(&mut self, children: &mut Children) {
        self.has_children |= pending::take_child();
        if self.has_children && self.is_free(Kind::Child) {
            match children.reap() {
                Some(exit) => self.begin(Kind::Child, Call::Child(exit)),
                None => self.has_children = false,
            }
        }
    }

    /// Begins the calls of the timers that are due.
    pub(super) fn begin_timers(&mut self, timers: &mut Timers) {
        let now = Instant::now();
        loop {
            let hooks = &self.hooks;
            let due = timers.take_due_among(now, |index| is_free(hooks, Kind::Timer(index)));
            let Some((index, name)) = due else {
                break;
            };
            self.begin(Kind::Timer(index), Call::Timer(name));
        }
    }

    /// Returns when the next timer is due whose slot is free.
    pub(super) fn next_timer(&self, timers: &Timers) -> Option<Instant> {
        let is_free = |index| self.is_free(Kind::Timer(index));
        timers.next_among(is_free)
    }

    /// Polls the calls that were woken until one is over. `polled` begins at zero in a turn.
    ///
    /// Each turn begins behind the call with which the last one began. A runtime such as tokio lets
    /// a task do only so much at a poll, and all hooks are one task: a busy one would starve the
    /// others.
    pub(super) fn poll(&mut self, polled: &mut usize, page: Page) -> Option<Finished> {
        let count = self.hooks.len();
        if *polled == 0 {
            let behind = (1..=count).map(|step| (self.first + step) % count);
            let is_woken = |index: &usize| self.hooks[*index].1.is_woken();
            self.first = behind.into_iter().find(is_woken)?;
            self.polled = true;
        }
        while *polled < count {
            let index = (self.first + *polled) % count;
            *polled += 1;
            let (kind, hook) = &mut self.hooks[index];
            let limit = self
                .watched
                .filter(|_| *kind == Kind::Run && hook.is_busy());
            if let Some(limit) = limit {
                self.watched = None;
                first_run::begin(limit, "await in it, and compute on another thread");
            }
            let polled = hook.poll(page);
            first_run::end();
            if let Some(result) = polled {
                return Some(Finished {
                    kind: *kind,
                    name: hook.name(),
                    result,
                });
            }
        }
        None
    }

    /// Drops the calls in progress. Returns their names, and whether a destructor panicked.
    pub(super) fn cancel(&mut self, page: Page) -> (Vec<&'static str>, Result<(), Fault>) {
        let (mut names, mut result) = (Vec::new(), Ok(()));
        for (_, hook) in self.hooks.iter_mut().filter(|(_, hook)| hook.is_busy()) {
            names.push(hook.name());
            let cancelled = hook.cancel(page);
            result = result.and(cancelled);
        }
        (names, result)
    }
}

fn is_free<F>(hooks: &[(Kind, Hook<F>)], kind: Kind) -> bool {
    let found = hooks.iter().find(|(of, _)| *of == kind);
    found.is_some_and(|(_, hook)| !hook.is_busy())
}

/// A call that is over.
pub(super) struct Finished {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) result: Result<bool, Fault>,
}
