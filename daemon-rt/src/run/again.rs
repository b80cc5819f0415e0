//! `on_panic = "restart"`: after a panic another value takes the place of the one that panicked, in
//! the same process, with the same pid and the same lock.
//!
//! A panic, whichever method it came from, and wherever once the daemon was ready, is answered by
//! the next value; an error is the program's own decision and ends the daemon.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::instance::Instance;
use super::runtime::{FailedStart, Runtime, note_stop};
use crate::context::wait;
use crate::daemon::Daemon;
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::pending;
use crate::spec::OnPanic;

impl<D: Daemon> Instance<D> {
    /// Whether a panic is answered by another value: not when the daemon is to stop anyway. A
    /// program that ends at every panic does without the code for it.
    pub(super) fn begins_again(&self) -> bool {
        cfg!(panic = "unwind")
            && self.runtime.detached.settings.on_panic == OnPanic::Restart
            && self.runtime.context.is_running()
    }

    /// Ends this life after the panic `what`, waits, and begins another. An exit code when that
    /// could not be, or when a stop came first.
    pub(super) fn begin_again(mut self, mut what: String) -> Result<Self, u8> {
        let mut length = self.since.elapsed();
        self.runtime.context.page.set_phase(Phase::Starting);
        // As in a stop: signals are for the next value and cut nothing short in this one's
        // `on_stop`.
        wait::change(|now| (now.in_on_stop, now.next_timer) = (true, None));
        // An error of `on_stop` is in the log, and does not keep the next value from starting.
        let _ = self.stop();
        let Self {
            daemon,
            mut runtime,
            ..
        } = self;
        runtime.drop_value_now(daemon);
        loop {
            let pause = runtime.backoff.after(length);
            runtime.context.page.note_panic(&what);
            let waited = runtime.wait_to_begin(pause);
            if let Err(code) = waited.and_then(|()| runtime.stop_code().map_or(Ok(()), Err)) {
                // A start waits for a daemon that is on its way out.
                runtime.context.page.set_phase(Phase::Stopping);
                manager::tell(&[State::Stopping]);
                runtime.end();
                return Err(code);
            }
            runtime.context.status("");
            runtime.context.page.note_restart();
            match runtime.build::<D>() {
                Ok(daemon) => return Ok(Self::new(daemon, runtime)),
                Err(FailedStart {
                    fault: Fault::Panicked(text),
                    daemon,
                    ..
                }) => {
                    if let Some(daemon) = daemon {
                        runtime.drop_value_now(daemon);
                    }
                    (what, length) = (text, Duration::ZERO);
                }
                Err(failed) => {
                    runtime.context.page.set_phase(Phase::Stopping);
                    return Err(runtime.give_up(failed));
                }
            }
        }
    }
}

impl Runtime {
    /// Drops the value; its children go with it, since the next one would know none of them.
    fn drop_value_now<D>(&mut self, daemon: D) {
        let begin = Instant::now();
        let _ = self.drop_value(daemon, || begin + deadline::children_limit());
    }

    /// Waits for `pause`, for a stop, or for another signal, whose sender wants an answer.
    /// One that came before is left for the next value, or a value that cannot be built would be
    /// built without a pause until the signal is taken.
    fn wait_to_begin(&mut self, pause: Duration) -> Result<(), u8> {
        let end = Instant::now() + pause;
        let came_before = pending::signal_waits();
        if came_before && self.terminal.is_gone() {
            // The next value may never live to take that signal.
            log::info!(target: TARGET, "lost the terminal: stopping");
            self.context.stop();
            return Ok(());
        }
        let text = format!("panicked; restarting in {pause:?}");
        log::info!(target: TARGET, "{text}");
        self.context.status(&text);
        // A child that ends is the next value's to hear of, and would end every wait until then.
        wait::change(|now| (now.in_on_stop, now.has_children) = (came_before, false));
        while self.context.is_running() && (came_before || !pending::signal_waits()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            wait::wait(&[], Some(left));
            self.keep().map_err(|fault| fault.code())?;
        }
        let matter = self.context.children.matter();
        wait::change(|now| (now.in_on_stop, now.has_children) = (false, matter));
        Ok(())
    }

    /// The exit code when the daemon is to stop: nothing is left that could fail.
    fn stop_code(&self) -> Option<u8> {
        if self.context.is_running() {
            return None;
        }
        note_stop();
        Some(self.context.code.unwrap_or(0))
    }
}
