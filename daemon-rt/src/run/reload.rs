//! SIGHUP: the daemon's own `on_reload`, or a stop and a start in the same process.

use std::time::Instant;

use super::config::{self, Next};
use super::fault::{Fault, call, fatal, in_hook};
use super::instance::Instance;
use crate::context::life;
use crate::daemon::{Event, Hooks};
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::signal::SignalInfo;

impl<D: Hooks> Instance<D> {
    /// Reopens the log, then reloads by `on_reload`, or by `on_stop` and `on_start` in the same
    /// process.
    pub(super) fn reload(&mut self, info: SignalInfo) -> Result<(), Fault> {
        log::info!(target: TARGET, "{info}: reloading");
        self.runtime.context.page.begin_reload();
        let limit = self.runtime.detached.settings.spec.start_timeout;
        manager::notify(&[State::Reloading, State::ExtendTimeout(limit)]);
        if let Some(logger) = Logger::installed() {
            if let Err(error) = logger.reopen() {
                log::error!(target: TARGET, "cannot reopen the log, so it stays in the old file: {error}");
            }
            // A new root may lack the files of the zones.
            if self.runtime.detached.settings.confinement.chroot.is_none() {
                logger.read_zone_again();
            }
        }
        let next = match config::next::<D>(&self.runtime.detached) {
            Ok(next) => next,
            Err(refusal) => {
                refusal.log();
                self.refuse_reload(&refusal.text());
                return Ok(());
            }
        };
        let resources = next.resources();
        match self.call("on_reload", Event::Reload(&resources)) {
            Ok(true) => self.end_reload(next),
            Ok(false) if next.exists() => return self.replace(next),
            Ok(false) => return self.restart_in_place(),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                self.refuse_reload(&reason);
            }
            Err(fault) => return Err(self.abort_reload("on_reload", fault)),
        }
        Ok(())
    }

    /// Reloads a daemon without `on_reload` and without settings. If `on_start` fails there is no
    /// old state to go on with, so the daemon ends.
    fn restart_in_place(&mut self) -> Result<(), Fault> {
        for (name, event) in [("on_stop", Event::Stop), ("on_start", Event::Start)] {
            if let Err(fault) = self.call(name, event) {
                self.is_stopped = true;
                return Err(self.abort_reload(name, fault));
            }
        }
        self.end_reload(Next::default());
        Ok(())
    }

    /// Reloads a daemon with settings and without `on_reload`: builds a value from the new settings
    /// before the old one stops, and starts the old one again if the new one does not start.
    fn replace(&mut self, next: Next) -> Result<(), Fault> {
        let mut new: D = match self.runtime.create(&next) {
            Ok(new) => new,
            Err(fault) => {
                self.refuse_reload(&tell("new", fault));
                return Ok(());
            }
        };
        self.drain(Instant::now());
        // An error is in the log, and does not keep the new value from starting.
        if let Err(fault @ Fault::Panicked(_)) = self.stop() {
            self.is_stopped = true;
            life::end_preparing(false);
            let _ = self.drop_one(new);
            return Err(self.abort_reload("on_stop", fault));
        }
        let before = life::take_over();
        let context = &mut self.runtime.context;
        match call(&mut new, context, "on_start", Event::Start) {
            Ok(_) => {
                let old = std::mem::replace(&mut self.daemon, new);
                let dropped = self.drop_one(old);
                self.end_reload(next);
                dropped
            }
            Err(fault) => {
                let reason = tell("on_start", fault);
                life::give_back(before);
                self.drop_one(new)?;
                if let Err(again) = self.call("on_start", Event::Start) {
                    self.is_stopped = true;
                    return Err(self.abort_reload("on_start", again.after(&reason)));
                }
                self.refuse_reload(&started_again(&reason));
                Ok(())
            }
        }
    }

    /// Drops one of two values. Their children stay.
    fn drop_one(&self, value: D) -> Result<(), Fault> {
        in_hook(self.runtime.context.page, "drop", || {
            drop(value);
            Ok(())
        })
    }

    /// Ends a reload after which the old state stays in force.
    fn refuse_reload(&mut self, reason: &str) {
        config::note_failure(&mut self.runtime.detached, reason);
        self.finish_reload(1, reason);
    }

    /// Ends a reload that succeeded.
    fn end_reload(&mut self, next: Next) {
        let changes = config::commit(&mut self.runtime.detached, next);
        if !changes.is_empty() {
            log::info!(target: TARGET, "reloaded, {changes}");
        }
        self.finish_reload(0, &changes);
    }

    fn finish_reload(&self, code: u8, text: &str) {
        let then = if self.runtime.context.is_running() {
            Phase::Running
        } else {
            Phase::Stopping
        };
        self.runtime.context.page.end_reload(code, text, then);
        manager::notify(&[State::Ready]);
        if code == 0 {
            life::note_reload();
        }
    }

    /// Ends a reload after which this value cannot go on.
    fn abort_reload(&self, name: &str, fault: Fault) -> Fault {
        let (reason, then) = match &fault {
            Fault::Failed(reason) => (format!("`{name}` failed: {reason}"), Phase::Stopping),
            Fault::Panicked(_) => (format!("`{name}` panicked"), self.after_a_panic()),
        };
        self.runtime.context.page.end_reload(1, &reason, then);
        fatal(name, fault)
    }

    /// Returns how the daemon goes on when the reload panicked. The protocol has no word for a
    /// reload that failed, so the manager waits for its end.
    fn after_a_panic(&self) -> Phase {
        if self.begins_again() {
            manager::notify(&[State::Ready]);
            Phase::Starting
        } else {
            Phase::Stopping
        }
    }
}

/// Logs the failure of a hook after which the daemon goes on, and returns it as text. A panic is
/// logged already.
pub(super) fn tell(hook: &str, fault: Fault) -> String {
    match fault {
        Fault::Failed(reason) => {
            let text = format!("`{hook}` failed: {reason}");
            log::error!(target: TARGET, "{text}");
            text
        }
        Fault::Panicked(text) => text,
    }
}

/// Logs that the old value runs again because the new one did not start, and returns it as text.
pub(super) fn started_again(reason: &str) -> String {
    let text = format!("{reason}; the old value was started again");
    log::error!(target: TARGET, "{text}");
    text
}
