//! `on_panic = "restart"`: after a panic another value takes the place of the one that panicked, on
//! the runtime that is there.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::host::Host;
use crate::context::life;
use crate::daemon::AsyncHooks;
use crate::instance::state::Phase;
use crate::os::console::TARGET;
use crate::pending;
use crate::run::again::NextValue;
use crate::run::fault::Fault;
use crate::run::runtime::note_stop;

impl Host<'_> {
    /// Ends the life of a value that began at `since`, after the panic `what`, and returns the next
    /// value. It `stops` the one that panicked unless that is stopped.
    ///
    /// # Errors
    /// The exit code, if the next value failed to start or the daemon is to stop.
    pub(super) async fn begin_again<D: AsyncHooks>(
        &mut self,
        value: Arc<D>,
        mut what: String,
        since: Instant,
        stops: bool,
    ) -> Result<Arc<D>, u8> {
        let mut length = since.elapsed();
        self.page().set_phase(Phase::Starting);
        if stops {
            // Its error is in the log, and does not keep the next value from starting.
            let _ = self.stop(&value).await;
        }
        self.runtime.drop_value_now(value);
        loop {
            match self.next_value(&what, length).await {
                NextValue::Built(value) => {
                    self.page().set_phase(Phase::Running);
                    self.timers.start();
                    return Ok(value);
                }
                NextValue::Panicked(text) => (what, length) = (text, Duration::ZERO),
                NextValue::Failed(failed) => return Err(self.runtime.report(failed)),
                NextValue::Stopped(code) => {
                    self.runtime.finish();
                    return Err(code);
                }
            }
        }
    }

    async fn next_value<D: AsyncHooks>(
        &mut self,
        what: &str,
        length: Duration,
    ) -> NextValue<Arc<D>> {
        let pause = self.runtime.backoff.after(length);
        self.page().note_panic(what);
        if let Some(code) = self.pause(pause).await {
            self.runtime.note_end();
            return NextValue::Stopped(code);
        }
        self.runtime.context.status("");
        self.page().note_restart();
        match self.build().await {
            Ok(value) => NextValue::Built(value),
            Err(failed) => self.runtime.after_failed_start(failed),
        }
    }

    /// Waits for `pause`, until a stop, or until a signal arrives that had not arrived before.
    /// Returns the exit code if the daemon is to end.
    async fn pause(&mut self, pause: Duration) -> Option<u8> {
        let came_before = pending::signal_waits();
        if came_before && self.runtime.terminal.is_gone() {
            // The next value may never live to take that signal.
            log::info!(target: TARGET, "lost the terminal: stopping");
            self.runtime.context.stop();
        } else {
            let text = format!("panicked; restarting in {pause:?}");
            log::info!(target: TARGET, "{text}");
            self.runtime.context.status(&text);
            if let Err(fault) = self.wait_until(Instant::now() + pause, came_before).await {
                return Some(fault.code());
            }
        }
        if self.runtime.context.is_running() {
            return None;
        }
        note_stop();
        Some(life::code())
    }

    async fn wait_until(&mut self, end: Instant, came_before: bool) -> Result<(), Fault> {
        poll_fn(|context| {
            self.begin_turn(context);
            if let Err(fault) = self.runtime.keep() {
                return Poll::Ready(Err(fault));
            }
            let is_called = !came_before && pending::signal_waits();
            if is_called || !self.runtime.context.is_running() || end <= Instant::now() {
                return Poll::Ready(Ok(()));
            }
            self.end_turn(Some(end));
            Poll::Pending
        })
        .await
    }
}
