//! The start of a value, and the life that follows.

use std::sync::Arc;
use std::time::Instant;

use super::call::is_handled;
use super::host::Host;
use crate::context::Handle;
use crate::context::life;
use crate::daemon::{AsyncHooks, Event};
use crate::error::Error;
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::sys;
use crate::resources::Resources;
use crate::run::fault::Fault;
use crate::run::runtime::FailedStart;
use crate::run::{config, keeper, panics};

impl Host<'_> {
    /// Lives until the daemon stops, and returns the exit code; `None` if another program is to take
    /// over. `again` is why no program has taken over before.
    pub(super) async fn live<D: AsyncHooks>(&mut self, again: Option<Error>) -> Option<u8> {
        let mut value = match self.begin_life::<D>(again).await {
            Ok(value) => value,
            Err(code) => return Some(code),
        };
        let mut since = Instant::now();
        self.timers.start();
        loop {
            let (mut span, next) = self.span(&value).await;
            if span.goes_to_another() {
                self.leave(value).await;
                return None;
            }
            self.runtime.leave_upgrade();
            if span.restarts {
                let restarted = match next {
                    Some(next) => self.replace(&mut value, next).await,
                    None => self.restart_in_place(&value).await,
                };
                match restarted {
                    Ok(()) => continue,
                    Err(fault) => {
                        span.code = fault.code();
                        span.fault = Some(fault);
                    }
                }
            } else if let Some(next) = next {
                self.leave_next(next);
            }
            match span.fault {
                Some(Fault::Panicked(what)) if self.runtime.begins_again() => {
                    let stops = !span.restarts;
                    match self.begin_again(value, what, since, stops).await {
                        Ok(next) => (value, since) = (next, Instant::now()),
                        Err(code) => return Some(code),
                    }
                }
                _ => return Some(self.end(value, span).await),
            }
        }
    }

    /// Builds and starts the first value of a life.
    async fn begin_life<D: AsyncHooks>(&mut self, again: Option<Error>) -> Result<Arc<D>, u8> {
        let limit = self.runtime.detached.settings.spec.start_timeout;
        manager::notify(&[State::ExtendTimeout(limit)]);
        let started = match again {
            Some(error) => self.start_instead(&error).await,
            None => match config::begin::<D>(&mut self.runtime.detached) {
                Ok(()) => self.start().await,
                Err(refusal) => return Err(self.runtime.refuse(&refusal)),
            },
        };
        started.map_err(|failed| self.runtime.report(failed))
    }

    /// Builds another value after `error`, for which no other program has taken over.
    async fn start_instead<D: AsyncHooks>(
        &mut self,
        error: &Error,
    ) -> Result<Arc<D>, FailedStart<Arc<D>>> {
        self.runtime.return_from_departure();
        let built = self.build().await;
        self.runtime
            .refuse_upgrade(error.exit_code(), &error.to_string());
        if built.is_ok() {
            self.page().set_phase(Phase::Running);
            manager::notify(&[State::Ready]);
        }
        built
    }

    /// Builds the first value and starts it.
    async fn start<D: AsyncHooks>(&mut self) -> Result<Arc<D>, FailedStart<Arc<D>>> {
        let value = self.build().await?;
        if let Err(fault) = self.runtime.leave_caller() {
            return Err(FailedStart::new("start", fault, Some(value)));
        }
        self.page().set_phase(Phase::Running);
        self.runtime.end_upgrade();
        panics::ready();
        // The caller has its answer, so it does not wait for the rest.
        keeper::watch(&self.runtime.detached);
        manager::ready();
        sys::trim_heap();
        Ok(value)
    }

    /// Builds a value and starts it.
    pub(super) async fn build<D: AsyncHooks>(&mut self) -> Result<Arc<D>, FailedStart<Arc<D>>> {
        life::begin_value();
        let handle = Handle::of_value();
        let in_force = std::mem::take(&mut self.runtime.detached.config);
        let listeners = std::mem::take(&mut self.runtime.detached.listeners);
        let resources = Resources::in_force(&in_force).with_listeners(&listeners);
        let mut resources = resources.with_handle(&handle);
        let built = self.alone("new", D::create(&mut resources)).await;
        self.runtime.detached.config = in_force;
        self.runtime.detached.listeners = listeners;
        let value = built.map_err(|fault| FailedStart::new("new", fault, None))?;
        let value = Arc::new(value);
        let start = is_handled(value.dispatch(Event::Start, &handle));
        match self.alone("on_start", start).await {
            Ok(_) => Ok(value),
            Err(fault) => Err(FailedStart::new("on_start", fault, Some(value))),
        }
    }
}
