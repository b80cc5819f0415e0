//! SIGHUP: the parts of a reload that are the same in both ways of life, with one hook at a time or
//! with many.

use std::time::Instant;

use super::config::{self, Next};
use super::fault::{Fault, fatal, in_hook};
use super::runtime::Runtime;
use crate::context::life;
use crate::daemon::Daemon;
use crate::instance::state::Phase;
use crate::logger::Logger;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::signal::SignalInfo;

/// The error of a reload that a stop has ended.
pub(super) const DROPPED: &str = "the daemon stops";

impl Runtime {
    /// Returns whether this SIGHUP asks for a reload. One of a lost terminal stops the daemon.
    pub(super) fn asks_for_reload(&mut self, info: &SignalInfo) -> bool {
        if self.terminal.ignores(info) {
            log::info!(target: TARGET, "ignored {info}: it was ignored at the start");
            false
        } else if self.terminal.is_gone() {
            log::info!(target: TARGET, "lost the terminal: stopping");
            self.context.stop();
            false
        } else {
            true
        }
    }

    /// Begins a reload: reopens the log, then reads and validates the settings. Returns `None` if
    /// they are refused, which ends the reload.
    pub(super) fn begin_reload<D: Daemon>(&mut self, info: &SignalInfo) -> Option<Next> {
        log::info!(target: TARGET, "{info}: reloading");
        self.context.page.begin_reload();
        let spec = &self.detached.settings.spec;
        let limit = spec.start_timeout.saturating_add(spec.drain);
        manager::notify(&[State::Reloading, State::ExtendTimeout(limit)]);
        if let Some(logger) = Logger::installed() {
            if let Err(error) = logger.reopen() {
                log::error!(target: TARGET, "cannot reopen the log, so it stays in the old file: {error}");
            }
            // A new root may lack the files of the zones.
            if self.detached.settings.confinement.chroot.is_none() {
                logger.read_zone_again();
            }
        }
        match config::next::<D>(&self.detached) {
            Ok(next) => Some(next),
            Err(refusal) => {
                refusal.log();
                self.refuse_reload(&refusal.text());
                None
            }
        }
    }

    /// Ends a reload after which the old state stays in force.
    pub(super) fn refuse_reload(&mut self, reason: &str) {
        config::note_failure(&mut self.detached, reason);
        self.end_reload(1, reason);
    }

    /// Ends a reload whose `on_reload` returned the error `reason`.
    pub(super) fn fail_reload(&mut self, reason: &str) {
        log::error!(target: TARGET, "`on_reload` failed: {reason}");
        self.refuse_reload(reason);
    }

    /// Ends a reload after which the old value runs again, because the new one did not start.
    pub(super) fn undo_reload(&mut self, reason: &str) {
        let text = format!("{reason}; the old value was started again");
        log::error!(target: TARGET, "{text}");
        self.refuse_reload(&text);
    }

    /// Ends a reload that succeeded.
    pub(super) fn commit_reload(&mut self, next: Next) {
        let changes = config::commit(&mut self.detached, next);
        if !changes.is_empty() {
            log::info!(target: TARGET, "reloaded, {changes}");
        }
        self.end_reload(0, &changes);
        life::note_reload();
    }

    fn end_reload(&self, code: u8, text: &str) {
        let then = if self.context.is_running() {
            Phase::Running
        } else {
            Phase::Stopping
        };
        self.context.page.end_reload(code, text, then);
        manager::notify(&[State::Ready]);
    }

    /// Ends a reload after which this value cannot go on.
    pub(super) fn abort_reload(&mut self, name: &str, fault: Fault) -> Fault {
        let (reason, then) = match &fault {
            Fault::Failed(reason) => (format!("`{name}` failed: {reason}"), Phase::Stopping),
            Fault::Panicked(text) if self.begins_again() => {
                // The protocol has no word for a reload that failed, and the manager waits for its
                // end.
                manager::notify(&[State::Ready]);
                (text.clone(), Phase::Starting)
            }
            Fault::Panicked(text) => (text.clone(), Phase::Stopping),
        };
        config::note_failure(&mut self.detached, &reason);
        self.context.page.end_reload(1, &reason, then);
        fatal(name, fault)
    }

    /// Drops a value that did not start, and ends its children, of which the other value knows
    /// nothing.
    pub(super) fn drop_failed<D>(&mut self, value: D, number: u32) -> Result<(), Fault> {
        let dropped = self.drop_one(value);
        self.end_children_of(number);
        dropped
    }

    /// Ends the children of one of two values.
    pub(super) fn end_children_of(&mut self, number: u32) {
        let begin = Instant::now();
        let end = || begin + deadline::work_limit();
        self.context.children.end_of(number, end);
        self.note_children();
    }

    /// Drops one of two values. Their children stay.
    pub(super) fn drop_one<D>(&self, value: D) -> Result<(), Fault> {
        in_hook(self.context.page, "drop", || {
            drop(value);
            Ok(())
        })
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
