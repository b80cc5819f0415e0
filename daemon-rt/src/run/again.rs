//! `on_panic = "restart"`: after a panic another value takes the place of the one that panicked, in
//! the same process, with the same pid and the same lock.
//!
//! That holds for every method once the daemon was ready. An error is the program's own decision
//! and ends the daemon.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::instance::Instance;
use super::runtime::{FailedStart, Runtime, note_stop};
use crate::context::{life, wait};
use crate::daemon::Hooks;
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::pending;
use crate::spec::OnPanic;

impl<D: Hooks> Instance<D> {
    /// Returns whether another value follows a panic, which it does not during a stop. A program
    /// that aborts at a panic is compiled without this code.
    pub(super) fn begins_again(&self) -> bool {
        self.runtime.begins_again()
    }

    /// Ends this life after the panic `what` and returns the next one.
    ///
    /// # Errors
    /// The exit code, if the next value failed to start or the daemon is to stop.
    pub(super) fn begin_again(mut self, mut what: String) -> Result<Self, u8> {
        let mut length = self.since.elapsed();
        self.runtime.context.page.set_phase(Phase::Starting);
        self.drain(Instant::now());
        // As in a stop: signals are for the next value and do not interrupt `on_stop` of this one.
        wait::change(|now| (now.in_on_stop, now.next_timer) = (true, None));
        // An error of `on_stop` is in the log, and does not keep the next value from starting.
        let _ = self.stop();
        let (daemon, mut runtime) = (self.daemon, self.runtime);
        runtime.drop_value_now(daemon);
        loop {
            match runtime.next_value(&what, length) {
                NextValue::Built(daemon) => return Ok(Self::new(daemon, runtime)),
                NextValue::Panicked(text) => (what, length) = (text, Duration::ZERO),
                NextValue::Failed(failed) => return Err(runtime.give_up(failed)),
                NextValue::Stopped(code) => {
                    runtime.end();
                    return Err(code);
                }
            }
        }
    }
}

/// The result of an attempt to build the next value.
pub(super) enum NextValue<D> {
    /// It is built and started.
    Built(D),
    /// It panicked, and its own successor follows.
    Panicked(String),
    /// It returned an error, which ends the daemon.
    Failed(FailedStart<D>),
    /// The daemon stopped during the pause, with this exit code.
    Stopped(u8),
}

impl Runtime {
    /// As [`Instance::begins_again`].
    pub(super) fn begins_again(&self) -> bool {
        cfg!(panic = "unwind")
            && self.detached.settings.spec.on_panic == OnPanic::Restart
            && self.context.is_running()
    }

    /// Pauses after the panic `what`, which ended a life of this `length`, and builds the next
    /// value.
    fn next_value<D: Hooks>(&mut self, what: &str, length: Duration) -> NextValue<D> {
        let pause = self.backoff.after(length);
        self.context.page.note_panic(what);
        if let Some(code) = self.pause(pause) {
            self.note_end();
            return NextValue::Stopped(code);
        }
        self.context.status("");
        self.context.page.note_restart();
        match self.build() {
            Ok(daemon) => NextValue::Built(daemon),
            Err(failed) => self.after_failed_start(failed),
        }
    }

    /// Publishes a stop during the pause. A start waits for a daemon that is on its way out.
    pub(super) fn note_end(&self) {
        self.context.page.set_phase(Phase::Stopping);
        manager::notify(&[State::Stopping]);
    }

    pub(super) fn after_failed_start<D>(&mut self, failed: FailedStart<D>) -> NextValue<D> {
        match failed.fault {
            Fault::Panicked(text) => {
                if let Some(daemon) = failed.daemon {
                    self.drop_value_now(daemon);
                }
                NextValue::Panicked(text)
            }
            Fault::Failed(_) => {
                self.context.page.set_phase(Phase::Stopping);
                NextValue::Failed(failed)
            }
        }
    }

    /// Drops the value and ends its children, which the next one would not know.
    pub(super) fn drop_value_now<D>(&mut self, daemon: D) {
        let begin = Instant::now();
        let _ = self.drop_value(daemon, || begin + deadline::work_limit());
    }

    /// Waits for `pause`, until a stop, or until another signal arrives, whose sender expects an
    /// answer. Returns the exit code if the daemon is to end.
    ///
    /// A signal that arrived earlier is left for the next value. Otherwise a value that cannot be
    /// built would be built without a pause until the signal is taken.
    fn pause(&mut self, pause: Duration) -> Option<u8> {
        let came_before = pending::signal_waits();
        if came_before && self.terminal.is_gone() {
            // The next value may never live to take that signal.
            log::info!(target: TARGET, "lost the terminal: stopping");
            self.context.stop();
        } else {
            let text = format!("panicked; restarting in {pause:?}");
            log::info!(target: TARGET, "{text}");
            self.context.status(&text);
            // The end of a child is reported to the next value. It would end every wait until then.
            wait::change(|now| (now.in_on_stop, now.has_children) = (came_before, false));
            if let Err(fault) = self.wait_until(Instant::now() + pause, came_before) {
                return Some(fault.code());
            }
            let matter = self.context.children.matter();
            wait::change(|now| (now.in_on_stop, now.has_children) = (false, matter));
        }
        if self.context.is_running() {
            return None;
        }
        note_stop();
        Some(life::code())
    }

    fn wait_until(&mut self, end: Instant, came_before: bool) -> Result<(), Fault> {
        while self.context.is_running() && (came_before || !pending::signal_waits()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            wait::wait(&[], Some(left));
            self.keep()?;
        }
        Ok(())
    }
}
