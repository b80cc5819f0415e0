//! SIGHUP: the daemon's own `on_reload` beside the other hooks, or a stop and a start of the value.

use std::sync::Arc;

use super::call::is_handled;
use super::host::Host;
use super::span::Turned;
use crate::context::{Handle, life};
use crate::daemon::{AsyncHooks, Event};
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::pending;
use crate::run::fault::{Fault, fatal};

impl Host<'_> {
    /// Begins a reload if one is requested. Returns whether `on_reload` is to be called.
    pub(super) fn begin_reload(&mut self) -> bool {
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
        true
    }

    /// Takes the result of `on_reload`. Returns how the turns end, if they do.
    pub(super) fn after_reload(&mut self, result: Result<bool, Fault>) -> Option<Turned> {
        match result {
            Ok(true) => self.end_reload(None),
            Ok(false) => return Some(Turned::Restarts),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                self.end_reload(Some(&reason));
            }
            Err(fault) => return Some(Turned::Failed(self.abort_reload("on_reload", fault))),
        }
        None
    }

    /// Reloads a daemon without `on_reload`, after its span has ended. If `on_start` fails there is no
    /// old state to go on with, so the daemon ends.
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
        self.end_reload(None);
        Ok(())
    }

    pub(super) fn end_reload(&self, error: Option<&str>) {
        let then = if self.runtime.context.is_running() {
            Phase::Running
        } else {
            Phase::Stopping
        };
        self.page().end_reload(error, then);
        manager::notify(&[State::Ready]);
        if error.is_none() {
            life::note_reload();
        }
    }

    /// Ends a reload after which this value cannot go on.
    fn abort_reload(&self, name: &str, fault: Fault) -> Fault {
        let (reason, then) = match &fault {
            Fault::Failed(reason) => (format!("`{name}` failed: {reason}"), Phase::Stopping),
            Fault::Panicked(_) if self.runtime.begins_again() => {
                // The protocol has no word for a reload that failed, and the manager waits for its end.
                manager::notify(&[State::Ready]);
                (format!("`{name}` panicked"), Phase::Starting)
            }
            Fault::Panicked(_) => (format!("`{name}` panicked"), Phase::Stopping),
        };
        self.page().end_reload(Some(&reason), then);
        fatal(name, fault)
    }
}
