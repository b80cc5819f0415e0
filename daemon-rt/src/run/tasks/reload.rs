//! SIGHUP: the daemon's own `on_reload` beside the other hooks, or a stop and a start of the value.

use std::sync::Arc;

use super::call::is_handled;
use super::host::Host;
use super::span::Turned;
use crate::context::{Handle, life};
use crate::daemon::{AsyncHooks, Daemon, Event};
use crate::pending;
use crate::run::fault::Fault;
use crate::run::reload::tell;

impl Host<'_> {
    /// Begins a reload if one is requested. Returns whether `on_reload` is to be called.
    pub(super) fn begin_reload<D: Daemon>(&mut self) -> bool {
        let Some(info) = pending::take_reload() else {
            return false;
        };
        if !self.runtime.asks_for_reload(&info) {
            return false;
        }
        let next = self.runtime.begin_reload::<D>(&info);
        let is_begun = next.is_some();
        self.next = next.unwrap_or_default();
        is_begun
    }

    /// Takes the result of `on_reload`. Returns how the turns end, if they do.
    pub(super) fn after_reload(&mut self, result: Result<bool, Fault>) -> Option<Turned> {
        match result {
            Ok(true) => self.commit_reload(),
            Ok(false) => return Some(Turned::Restarts),
            Err(Fault::Failed(reason)) => self.runtime.fail_reload(&reason),
            Err(fault) => {
                let fault = self.runtime.abort_reload("on_reload", fault);
                return Some(Turned::Failed(fault));
            }
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
                return Err(self.runtime.abort_reload(name, fault));
            }
        }
        self.commit_reload();
        Ok(())
    }

    /// Builds the value that a reload puts in the place of the one that lives. Returns `None` if that
    /// fails, and the old settings stay in force.
    pub(super) async fn build_next<D: AsyncHooks>(&mut self) -> Option<Arc<D>> {
        let next = self.next.clone();
        let number = life::prepare_value();
        let handle = Handle::of_value();
        let listeners = std::mem::take(&mut self.runtime.detached.listeners);
        let resources = next.resources().with_listeners(&listeners);
        let mut resources = resources.with_handle(&handle);
        let built = self.alone("new", D::create(&mut resources)).await;
        self.runtime.detached.listeners = listeners;
        life::end_preparing(built.is_ok());
        match built {
            Ok(value) => Some(Arc::new(value)),
            Err(fault) => {
                let reason = tell("new", fault);
                self.runtime.end_children_of(number);
                self.runtime.refuse_reload(&reason);
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
            return Err(self.runtime.abort_reload("on_stop", fault));
        }
        let before = life::take_over();
        match self.start_again(&next).await {
            Ok(()) => {
                let old = std::mem::replace(value, next);
                let dropped = self.runtime.drop_one(old);
                self.commit_reload();
                dropped
            }
            Err(fault) => {
                let reason = tell("on_start", fault);
                let failed = life::give_back(before);
                if let Err(fault) = self.runtime.drop_failed(next, failed) {
                    return Err(self.runtime.abort_reload("drop", fault.after(&reason)));
                }
                if let Err(again) = self.start_again(value).await {
                    return Err(self.runtime.abort_reload("on_start", again.after(&reason)));
                }
                self.runtime.undo_reload(&reason);
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
        let _ = self.runtime.drop_one(next);
    }

    fn commit_reload(&mut self) {
        let next = std::mem::take(&mut self.next);
        self.runtime.commit_reload(next);
    }
}
