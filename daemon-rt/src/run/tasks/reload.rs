//! SIGHUP: the daemon's own `on_reload` beside the other hooks, or a stop and a start of the value.

use std::sync::Arc;

use super::call::is_handled;
use super::host::Host;
use super::span::Turned;
use crate::context::{Handle, life};
use crate::daemon::{AsyncHooks, Daemon, Event};
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::pending;
use crate::run::config;
use crate::run::fault::{Fault, fatal, in_hook};
use crate::run::reload::{started_again, tell};

impl Host<'_> {
    /// Begins a reload if one is requested. Returns whether `on_reload` is to be called.
    pub(super) fn begin_reload<D: Daemon>(&mut self) -> bool {
        let Some(info) = pending::take_reload() else {
            return false;
        };
        if self.runtime.terminal.ignores(&info) {
            log::info!(target: TARGET, "ignored {info}: it was ignored at the start");
            return false;
        }
        if self.runtime.terminal.is_gone() {
            log::info!(target: TARGET, "lost the terminal: stopping");
            self.runtime.context.stop();
            return false;
        }
        log::info!(target: TARGET, "{info}: reloading");
        self.page().begin_reload();
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
        match config::next::<D>(&self.runtime.detached) {
            Ok(next) => self.next = next,
            Err(refusal) => {
                refusal.log();
                self.refuse_reload(&refusal.text());
                return false;
            }
        }
        true
    }

    /// Takes the result of `on_reload`. Returns how the turns end, if they do.
    pub(super) fn after_reload(&mut self, result: Result<bool, Fault>) -> Option<Turned> {
        match result {
            Ok(true) => self.commit_reload(),
            Ok(false) => return Some(Turned::Restarts),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                self.refuse_reload(&reason);
            }
            Err(fault) => return Some(Turned::Failed(self.abort_reload("on_reload", fault))),
        }
        None
    }

    /// Reloads a daemon without `on_reload`, after its span has ended. If `on_start` fails there is
    /// no old state to go on with, so the daemon ends.
    pub(super) async fn restart_in_place<D: AsyncHooks>(
        &mut self,
        value: &Arc<D>,
    ) -> Result<(), Fault> {
        let handle = Handle::of_value();
        for (name, event) in [("on_stop", Event::Stop), ("on_start", Event::Start)] {
            if name == "on_start" {
                life::begin_life();
            }
            let called = self.alone(name, is_handled(value.dispatch(event, &handle)));
            if let Err(fault) = called.await {
                return Err(self.abort_reload(name, fault));
            }
        }
        self.commit_reload();
        Ok(())
    }

    /// Builds the value that a reload puts in the place of the one that lives. Returns `None` if that
    /// fails, and the old settings stay in force.
    pub(super) async fn build_next<D: AsyncHooks>(&mut self) -> Option<Arc<D>> {
        let next = self.next.clone();
        life::prepare_value();
        let handle = Handle::of_value();
        let mut resources = next.resources().with_handle(&handle);
        let built = self.alone("new", D::create(&mut resources)).await;
        life::end_preparing(built.is_ok());
        match built {
            Ok(value) => Some(Arc::new(value)),
            Err(fault) => {
                self.refuse_reload(&tell("new", fault));
                None
            }
        }
    }

    /// Puts the value `next` in the place of `value`, whose span has ended. If it does not start, the
    /// old one starts again.
    pub(super) async fn replace<D: AsyncHooks>(
        &mut self,
        value: &mut Arc<D>,
        next: Arc<D>,
    ) -> Result<(), Fault> {
        // An error is in the log, and does not keep the next value from starting.
        if let Err(fault @ Fault::Panicked(_)) = self.stop(value).await {
            self.leave_next(next);
            return Err(self.abort_reload("on_stop", fault));
        }
        let before = life::take_over();
        match self.start_again(&next).await {
            Ok(()) => {
                let old = std::mem::replace(value, next);
                let dropped = self.drop_one(old);
                self.commit_reload();
                dropped
            }
            Err(fault) => {
                let reason = tell("on_start", fault);
                life::give_back(before);
                self.drop_one(next)?;
                if let Err(again) = self.start_again(value).await {
                    return Err(self.abort_reload("on_start", again.after(&reason)));
                }
                self.refuse_reload(&started_again(&reason));
                Ok(())
            }
        }
    }

    /// Calls `on_start`.
    async fn start_again<D: AsyncHooks>(&mut self, value: &Arc<D>) -> Result<(), Fault> {
        let handle = Handle::of_value();
        let start = is_handled(value.dispatch(Event::Start, &handle));
        self.alone("on_start", start).await.map(drop)
    }

    /// Drops the value that was to take the place of another one.
    pub(super) fn leave_next<D>(&self, next: Arc<D>) {
        life::end_preparing(false);
        // A panic is in the log.
        let _ = self.drop_one(next);
    }

    /// Drops one of two values. Their children stay.
    fn drop_one<D>(&self, value: Arc<D>) -> Result<(), Fault> {
        in_hook(self.page(), "drop", || {
            drop(value);
            Ok(())
        })
    }

    /// Ends a reload after which the old state stays in force.
    pub(super) fn refuse_reload(&mut self, reason: &str) {
        config::note_failure(&mut self.runtime.detached, reason);
        self.end_reload(1, reason);
    }

    /// Ends a reload that succeeded.
    fn commit_reload(&mut self) {
        let next = std::mem::take(&mut self.next);
        let changes = config::commit(&mut self.runtime.detached, next);
        if !changes.is_empty() {
            log::info!(target: TARGET, "reloaded, {changes}");
        }
        self.end_reload(0, &changes);
    }

    fn end_reload(&self, code: u8, text: &str) {
        let then = if self.runtime.context.is_running() {
            Phase::Running
        } else {
            Phase::Stopping
        };
        self.page().end_reload(code, text, then);
        manager::notify(&[State::Ready]);
        if code == 0 {
            life::note_reload();
        }
    }

    /// Ends a reload after which this value cannot go on.
    fn abort_reload(&self, name: &str, fault: Fault) -> Fault {
        let (reason, then) = match &fault {
            Fault::Failed(reason) => (format!("`{name}` failed: {reason}"), Phase::Stopping),
            Fault::Panicked(_) if self.runtime.begins_again() => {
                // The protocol has no word for a reload that failed, and the manager waits for its
                // end.
                manager::notify(&[State::Ready]);
                (format!("`{name}` panicked"), Phase::Starting)
            }
            Fault::Panicked(_) => (format!("`{name}` panicked"), Phase::Stopping),
        };
        self.page().end_reload(1, &reason, then);
        fatal(name, fault)
    }
}
