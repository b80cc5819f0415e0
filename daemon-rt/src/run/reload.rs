//! SIGHUP: the daemon's own `on_reload`, or a stop and a start in the same process.

use super::fault::{Fault, fatal};
use super::instance::Instance;
use crate::daemon::{Daemon, Event};
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::signal::SignalInfo;

impl<D: Daemon> Instance<D> {
    /// Opens the log anew, then reloads: by the user's own method, or by a stop and a start in the
    /// same process. After a stop whose start fails there is nothing left to go on with.
    pub(super) fn reload(&mut self, info: SignalInfo) -> Result<(), Fault> {
        log::info!(target: TARGET, "{info}: reloading");
        self.runtime.context.page.begin_reload();
        let limit = self.runtime.detached.settings.start_timeout;
        manager::tell(&[State::Reloading, State::ExtendTimeout(limit)]);
        if let Some(logger) = Logger::installed()
            && let Err(error) = logger.reopen()
        {
            log::error!(target: TARGET, "cannot reopen the log, so it stays in the old file: {error}");
        }
        let result = match self.call("on_reload", Event::Reload) {
            Ok(true) => Ok(()),
            Ok(false) => return self.restart_in_place(),
            Err(fault) => Err(fault),
        };
        match result {
            Ok(()) => self.runtime.context.page.end_reload(None, Phase::Running),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                self.runtime
                    .context
                    .page
                    .end_reload(Some(&reason), Phase::Running);
            }
            Err(Fault::Panicked(text)) => {
                let then = self.after_a_panic();
                self.runtime
                    .context
                    .page
                    .end_reload(Some("`on_reload` panicked"), then);
                return Err(Fault::Panicked(text));
            }
        }
        manager::tell(&[State::Ready]);
        Ok(())
    }

    /// The reload of a daemon without `on_reload`. When the second half fails there is no old state
    /// to go on with, so the daemon ends.
    fn restart_in_place(&mut self) -> Result<(), Fault> {
        let stopped = self
            .call("on_stop", Event::Stop)
            .map_err(|fault| ("on_stop", fault));
        let started = stopped.and_then(|_| {
            self.call("on_start", Event::Start)
                .map_err(|fault| ("on_start", fault))
        });
        if let Err((name, fault)) = started {
            self.is_stopped = true;
            let reason = match &fault {
                Fault::Failed(reason) => format!("`{name}` failed: {reason}"),
                Fault::Panicked(_) => format!("`{name}` panicked"),
            };
            let then = match fault {
                Fault::Failed(_) => Phase::Stopping,
                Fault::Panicked(_) => self.after_a_panic(),
            };
            self.runtime.context.page.end_reload(Some(&reason), then);
            return Err(fatal(name, fault));
        }
        self.runtime.context.page.end_reload(None, Phase::Running);
        manager::tell(&[State::Ready]);
        Ok(())
    }

    /// How the daemon goes on when the reload panicked. The manager has no word for one that
    /// failed, and waits for its end.
    fn after_a_panic(&self) -> Phase {
        if self.begins_again() {
            manager::tell(&[State::Ready]);
            Phase::Starting
        } else {
            Phase::Stopping
        }
    }
}
