//! SIGHUP: the daemon's own `on_reload`, or a stop and a start in the same process.

use super::fault::{Fault, fatal};
use super::instance::Instance;
use crate::context::life;
use crate::daemon::{Event, Hooks};
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::resources::Resources;
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
        let error = match self.call("on_reload", Event::Reload(&Resources::default())) {
            Ok(true) => None,
            Ok(false) => return self.restart_in_place(),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                Some(reason)
            }
            Err(fault) => return Err(self.abort_reload("on_reload", fault)),
        };
        self.end_reload(error.as_deref());
        Ok(())
    }

    /// Reloads a daemon without `on_reload`. If `on_start` fails there is no old state to go on
    /// with, so the daemon ends.
    fn restart_in_place(&mut self) -> Result<(), Fault> {
        for (name, event) in [("on_stop", Event::Stop), ("on_start", Event::Start)] {
            if let Err(fault) = self.call(name, event) {
                self.is_stopped = true;
                return Err(self.abort_reload(name, fault));
            }
        }
        self.end_reload(None);
        Ok(())
    }

    fn end_reload(&self, error: Option<&str>) {
        let page = self.runtime.context.page;
        page.end_reload(error, Phase::Running);
        manager::notify(&[State::Ready]);
        if error.is_none() {
            life::note_reload();
        }
    }

    /// Ends a reload after which this value cannot go on.
    fn abort_reload(&self, name: &str, fault: Fault) -> Fault {
        let (reason, then) = match &fault {
            Fault::Failed(reason) => (format!("`{name}` failed: {reason}"), Phase::Stopping),
            Fault::Panicked(_) => (format!("`{name}` panicked"), self.after_a_panic()),
        };
        self.runtime.context.page.end_reload(Some(&reason), then);
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
