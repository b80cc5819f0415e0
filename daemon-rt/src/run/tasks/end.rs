//! The end of a span of life, and of the daemon.
//!
//! Tasks are told, the work in flight is drained, and the hooks that have not returned are dropped.
//! `on_stop` follows, then the value is dropped and its children end. The log has the time of each
//! stage.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::call::{Call, is_handled};
use super::host::Host;
use super::slots::{Finished, Kind, Slots};
use super::span::{Span, Turned};
use crate::context::{Handle, life, wait, work};
use crate::daemon::{AsyncHooks, Event};
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::os::sys::arrivals;
use crate::outcome::Failure;
use crate::pending;
use crate::run::fault::{Fault, fatal};
use crate::run::reload::DROPPED;
use crate::run::runtime::{note_drained, note_stop};

/// The error of a reload that an upgrade has ended.
const OVERTAKEN: &str = "another program takes over";

impl Host<'_> {
    /// Begins the end of a span, and publishes it.
    pub(super) fn ending(&mut self, turned: Turned) -> Span {
        let mut span = Span {
            restarts: matches!(turned, Turned::Restarts),
            departs: matches!(turned, Turned::Departs),
            fault: None,
            asked: None,
            code: 0,
        };
        if let Turned::Failed(fault) = turned {
            span.note(fault);
        }
        let is_panic = matches!(span.fault, Some(Fault::Panicked(_)));
        let goes_on = span.restarts || span.departs || is_panic && self.runtime.begins_again();
        if span.departs {
            self.runtime.begin_departure();
        }
        if !goes_on {
            self.publish_stop(&mut span);
        }
        span
    }

    /// Publishes that the daemon stops. A stop that no signal requested begins now.
    fn publish_stop(&mut self, span: &mut Span) -> Instant {
        if let Some(asked) = span.asked {
            return asked;
        }
        let asked = deadline::asked();
        span.asked = Some(asked);
        self.page().set_phase(Phase::Stopping);
        let limit = self.runtime.detached.settings.spec.stop_timeout;
        manager::notify(&[State::Stopping, State::ExtendTimeout(limit)]);
        wait::change(|now| now.stopping = true);
        asked
    }

    /// Waits for the work in flight, then drops what is left of the hooks.
    pub(super) async fn drain<F, B>(&mut self, slots: &mut Slots<F, B>, span: &mut Span)
    where
        F: Future<Output = Result<bool, Failure>>,
        B: Fn(Call) -> F,
    {
        let begin = Instant::now();
        arrivals::set_draining(true);
        life::end_life();
        poll_fn(|context| self.drain_turn(slots, span, begin, context)).await;
        arrivals::set_draining(false);
        if !slots.is_free(Kind::Reload) {
            let is_running = self.runtime.context.is_running();
            let reason = if is_running {
                "another hook panicked"
            } else if span.goes_to_another() {
                OVERTAKEN
            } else {
                DROPPED
            };
            self.runtime.refuse_reload(reason);
        }
        let (names, dropped) = slots.cancel(self.page());
        note_drained(begin.elapsed(), &names);
        if let Err(fault) = dropped {
            span.note(fault);
        }
        let ends_by = match &span.fault {
            Some(fault) => Some(fault.text()),
            None => (!self.runtime.context.is_running()).then_some(DROPPED),
        };
        if span.restarts
            && let Some(reason) = ends_by
        {
            // The value does not start again, and `on_stop` is yet to come.
            self.runtime.refuse_reload(reason);
            span.restarts = false;
        }
    }

    fn drain_turn<F, B>(
        &mut self,
        slots: &mut Slots<F, B>,
        span: &mut Span,
        begin: Instant,
        context: &Context<'_>,
    ) -> Poll<()>
    where
        F: Future<Output = Result<bool, Failure>>,
        B: Fn(Call) -> F,
    {
        self.begin_turn(context);
        let mut next = 0;
        while let Some(finished) = slots.poll(&mut next, self.page()) {
            self.take_late(finished, span);
        }
        let departs = span.departs && self.runtime.is_upgrade_due();
        if span.asked.is_none() && !departs && !self.runtime.context.is_running() {
            note_stop();
            self.publish_stop(span);
        }
        let begin = span.asked.map_or(begin, |asked| asked.min(begin));
        let end = self.runtime.drain_end(begin);
        let is_over = slots.is_idle() && work::in_flight() == 0;
        if is_over || end <= Instant::now() || !arrivals::is_draining() {
            return Poll::Ready(());
        }
        self.end_turn(Some(end));
        Poll::Pending
    }

    /// Takes the result of a call that is over while the span ends.
    fn take_late(&mut self, finished: Finished, span: &mut Span) {
        let Finished { kind, name, result } = finished;
        if kind == Kind::Reload {
            match self.after_reload(result) {
                Some(Turned::Restarts) => self.runtime.refuse_reload(DROPPED),
                Some(Turned::Failed(fault)) => span.note(fault),
                _ => {}
            }
        } else if let Err(fault) = result {
            span.note(fatal(name, fault));
        }
    }

    /// Ends the value, for another program.
    pub(super) async fn leave<D: AsyncHooks>(&mut self, value: Arc<D>) {
        // A failure is in the log, and does not keep the next program from starting.
        let _ = self.stop(&value).await;
        let _ = self.runtime.drop_only(value);
        pending::put_back(std::mem::take(&mut self.taken));
    }

    /// Stops the daemon and returns the exit code.
    pub(super) async fn end<D: AsyncHooks>(&mut self, value: Arc<D>, mut span: Span) -> u8 {
        self.runtime.leave_upgrade();
        let asked = self.publish_stop(&mut span);
        let mut code = span.code;
        if !span.restarts {
            let begin = Instant::now();
            if let Err(fault) = self.stop(&value).await {
                code = code.max(fault.code());
            }
            log::debug!(target: TARGET, "called `on_stop` in {:?}", begin.elapsed());
        }
        let begin = Instant::now();
        let end = || asked + deadline::work_limit();
        let dropped = self.runtime.drop_value(value, end);
        log::debug!(target: TARGET, "dropped the value in {:?}", begin.elapsed());
        self.runtime.finish();
        match dropped.map_or_else(|fault| fault.code(), |()| code) {
            0 => life::code(),
            code => code,
        }
    }

    /// Calls `on_stop`.
    pub(super) async fn stop<D: AsyncHooks>(&mut self, value: &Arc<D>) -> Result<(), Fault> {
        let handle = Handle::of_value();
        let stop = is_handled(value.dispatch(Event::Stop, &handle));
        let stopped = self.alone("on_stop", stop).await;
        if let Err(Fault::Failed(reason)) = &stopped {
            log::error!(target: TARGET, "`on_stop` failed: {reason}");
        }
        stopped.map(drop)
    }
}
