//! A reload of hooks that are called: the daemon's own `on_reload`, or a stop and a start in the same
//! process.

use std::time::Instant;

use super::config::Next;
use super::fault::{Fault, call};
use super::instance::Instance;
use super::reload::{DROPPED, tell};
use crate::context::life;
use crate::daemon::{Event, Hooks};
use crate::signal::SignalInfo;

impl<D: Hooks> Instance<D> {
    /// Reopens the log, then reloads by `on_reload`, or by `on_stop` and `on_start` in the same
    /// process.
    pub(super) fn reload(&mut self, info: &SignalInfo) -> Result<(), Fault> {
        let Some(next) = self.runtime.begin_reload::<D>(info) else {
            return Ok(());
        };
        let resources = next.resources();
        match self.call("on_reload", Event::Reload(&resources)) {
            Ok(true) => self.runtime.commit_reload(next),
            Ok(false) if next.exists() => return self.replace(next),
            Ok(false) => return self.restart_in_place(),
            Err(Fault::Failed(reason)) => self.runtime.fail_reload(&reason),
            Err(fault) => return Err(self.runtime.abort_reload("on_reload", fault)),
        }
        Ok(())
    }

    /// Reloads a daemon without `on_reload` and without settings. If `on_start` fails there is no
    /// old state to go on with, so the daemon ends.
    fn restart_in_place(&mut self) -> Result<(), Fault> {
        self.drain(Instant::now());
        if !self.runtime.context.is_running() {
            // The stop calls `on_stop`.
            self.runtime.refuse_reload(DROPPED);
            return Ok(());
        }
        for (name, event) in [("on_stop", Event::Stop), ("on_start", Event::Start)] {
            if name == "on_start" {
                life::begin_life();
            }
            if let Err(fault) = self.call(name, event) {
                return Err(self.end_stopped(name, fault));
            }
        }
        self.runtime.commit_reload(Next::default());
        Ok(())
    }

    /// Reloads a daemon with settings and without `on_reload`. It builds a value from the new settings
    /// before the old one stops. If the new one does not start, the old one starts again.
    fn replace(&mut self, next: Next) -> Result<(), Fault> {
        let mut new: D = match self.runtime.create(&next) {
            Ok(new) => new,
            Err(fault) => {
                self.runtime.refuse_reload(&tell("new", fault));
                return Ok(());
            }
        };
        self.drain(Instant::now());
        if !self.runtime.context.is_running() {
            life::end_preparing(false);
            let dropped = self.runtime.drop_one(new);
            self.runtime.refuse_reload(DROPPED);
            return dropped;
        }
        // An error is in the log, and does not keep the new value from starting.
        if let Err(fault @ Fault::Panicked(_)) = self.stop() {
            life::end_preparing(false);
            let _ = self.runtime.drop_one(new);
            return Err(self.end_stopped("on_stop", fault));
        }
        let before = life::take_over();
        let context = &mut self.runtime.context;
        match call(&mut new, context, "on_start", Event::Start) {
            Ok(_) => {
                let old = std::mem::replace(&mut self.daemon, new);
                let dropped = self.runtime.drop_one(old);
                self.runtime.commit_reload(next);
                dropped
            }
            Err(fault) => {
                let reason = tell("on_start", fault);
                let failed = life::give_back(before);
                if let Err(fault) = self.runtime.drop_failed(new, failed) {
                    return Err(self.end_stopped("drop", fault.after(&reason)));
                }
                if let Err(again) = self.call("on_start", Event::Start) {
                    return Err(self.end_stopped("on_start", again.after(&reason)));
                }
                self.runtime.undo_reload(&reason);
                Ok(())
            }
        }
    }

    /// Ends a reload whose value has stopped and cannot go on.
    fn end_stopped(&mut self, name: &str, fault: Fault) -> Fault {
        self.is_stopped = true;
        self.runtime.abort_reload(name, fault)
    }
}
