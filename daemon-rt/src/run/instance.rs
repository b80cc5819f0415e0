//! The daemon from the first turn to the exit code.

use std::time::Instant;

use super::fault::{self, Fault};
use super::runtime::{Runtime, note_drained};
use crate::context::timers::Timers;
use crate::context::{Wake, life, wait, work};
use crate::daemon::{Event, Hooks};
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::os::sys::arrivals;
use crate::pending;

/// The daemon while it lives.
pub(super) struct Instance<D> {
    pub(super) daemon: D,
    pub(super) runtime: Runtime,
    pub(super) timers: Timers,
    /// When it began.
    pub(super) since: Instant,
    /// Whether a reload called `on_stop`, and `on_start` failed: there is nothing left to stop.
    pub(super) is_stopped: bool,
    /// Whether `run` exists. Without it the daemon sleeps between timers and signals.
    pub(super) runs: bool,
}

impl<D: Hooks> Instance<D> {
    /// Begins the life of a value that has been started.
    pub(super) fn new(daemon: D, runtime: Runtime) -> Self {
        let mut timers = Timers::new(D::SPEC.timers);
        timers.start();
        runtime.context.page.set_phase(Phase::Running);
        Self {
            daemon,
            runtime,
            timers,
            since: Instant::now(),
            is_stopped: false,
            runs: true,
        }
    }

    /// Turns until the daemon stops, and returns the exit code. `Err` is the daemon without its value,
    /// for another program.
    pub(super) fn live(mut self) -> Result<u8, Box<Runtime>> {
        loop {
            match self.turns() {
                Err(Fault::Panicked(what)) if self.begins_again() => match self.begin_again(what) {
                    Ok(next) => self = next,
                    Err(code) => return Ok(code),
                },
                Ok(()) if self.runtime.is_upgrade_due() => return self.leave(),
                turns => return Ok(self.end(&turns)),
            }
        }
    }

    /// Ends the value, for another program. A stop goes before that.
    fn leave(mut self) -> Result<u8, Box<Runtime>> {
        self.runtime.begin_departure();
        self.drain(Instant::now());
        if deadline::is_begun() {
            return Ok(self.end(&Ok(())));
        }
        // A failure is in the log, and does not keep the next program from starting.
        let _ = self.stop();
        let Self {
            daemon, runtime, ..
        } = self;
        let _ = runtime.drop_only(daemon);
        Err(Box::new(runtime))
    }

    /// Stops the daemon and returns the exit code.
    fn end(mut self, turns: &Result<(), Fault>) -> u8 {
        self.runtime.leave_upgrade();
        // A stop that no signal requested begins now.
        let asked = deadline::asked();
        let mut code = match turns {
            Ok(()) => 0,
            Err(fault) => fault.code(),
        };
        self.runtime.context.page.set_phase(Phase::Stopping);
        let limit = self.runtime.detached.settings.spec.stop_timeout;
        manager::notify(&[State::Stopping, State::ExtendTimeout(limit)]);
        wait::change(|now| (now.stopping, now.in_on_stop) = (true, true));
        self.drain(asked);
        if let Err(fault) = self.stop() {
            code = code.max(fault.code());
        }
        let (daemon, mut runtime) = (self.daemon, self.runtime);
        let dropped = runtime.drop_value(daemon, || asked + deadline::work_limit());
        let wanted = life::code();
        runtime.end();
        match dropped.map_or_else(|fault| fault.code(), |()| code) {
            0 => wanted,
            code => code,
        }
    }

    /// Ends this span of life, and waits for its work in flight. The time for that begins at `asked`.
    ///
    /// Before a reload or after a panic, a stop ends the wait. It then waits on its own.
    pub(super) fn drain(&self, asked: Instant) {
        life::end_life();
        if work::in_flight() == 0 {
            return;
        }
        let begin = Instant::now();
        wait::change(|now| now.drains = true);
        let is_over = if wait::get().is_some_and(|now| now.in_on_stop) {
            arrivals::set_draining(true);
            // A second signal within the first moment is the first one of a pair.
            while arrivals::is_draining() && self.await_work(asked) == Wake::Stop {
                let _ = pending::take_stop();
            }
            arrivals::set_draining(false);
            true
        } else {
            self.await_work(asked) != Wake::Stop
        };
        wait::change(|now| now.drains = false);
        if is_over {
            note_drained(begin.elapsed(), &[]);
        }
    }

    /// Waits until no work is in flight, a stop, or the end of the time that began at `asked`.
    fn await_work(&self, asked: Instant) -> Wake {
        let end = self.runtime.drain_end(asked);
        wait::wait(&[], Some(end.saturating_duration_since(Instant::now())))
    }

    /// Calls `on_stop`, if there is something to stop.
    pub(super) fn stop(&mut self) -> Result<(), Fault> {
        if self.is_stopped {
            return Ok(());
        }
        let stopped = self.call("on_stop", Event::Stop);
        if let Err(Fault::Failed(reason)) = &stopped {
            log::error!(target: TARGET, "`on_stop` failed: {reason}");
        }
        stopped.map(drop)
    }

    /// As [`Instance::call`], and logs an error, which ends the daemon.
    pub(super) fn call_or_end(
        &mut self,
        name: &'static str,
        event: Event<'_>,
    ) -> Result<bool, Fault> {
        self.call(name, event)
            .map_err(|fault| fault::fatal(name, fault))
    }

    /// Calls the user's method for `event`. Returns false if it has none.
    pub(super) fn call(&mut self, name: &'static str, event: Event<'_>) -> Result<bool, Fault> {
        fault::call(&mut self.daemon, &mut self.runtime.context, name, event)
    }
}
