//! Why a method did not end well, and how it is called so that this is known.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::context::Context;
use crate::daemon::{Daemon, Event};
use crate::logger::fatal;
use crate::os::console::TARGET;
use crate::outcome::Outcome;
use crate::run::panics::{self, PANICKED};

/// Why a hook did not end well.
pub(super) enum Fault {
    /// It returned an error.
    Failed(String),
    /// It panicked. The place and the message are reported already.
    Panicked(String),
}

impl Fault {
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Panicked(_) => PANICKED,
        }
    }
}

/// Calls the daemon's method for `event`. Whether there is one.
pub(super) fn call<D: Daemon>(
    daemon: &mut D,
    context: &mut Context,
    name: &'static str,
    event: Event,
) -> Result<bool, Fault> {
    let page = context.page;
    page.enter_hook(name);
    let outcome = catch_unwind(AssertUnwindSafe(|| daemon.dispatch(event, context)));
    page.leave_hook();
    match outcome {
        Ok(Outcome::Done) => Ok(true),
        Ok(Outcome::Unhandled) => Ok(false),
        Ok(Outcome::Failed(failure)) => Err(Fault::Failed(failure.to_string())),
        Err(payload) => Err(after(payload, name)),
    }
}

/// Runs the user's code that is no method of the daemon: `new`, `drop`.
pub(super) fn in_hook<T>(
    context: &Context,
    name: &str,
    run: impl FnOnce() -> T,
) -> Result<T, Fault> {
    context.page.enter_hook(name);
    let result = catch_unwind(AssertUnwindSafe(run));
    context.page.leave_hook();
    result.map_err(|payload| after(payload, name))
}

/// The fault of `name`, whose panic was caught.
fn after(payload: Box<dyn Any + Send>, name: &str) -> Fault {
    // Not dropped: the user's type may panic once more, and nothing would catch that.
    std::mem::forget(payload);
    Fault::Panicked(panics::caught(name))
}

/// Says in the log that the daemon ends for `fault`.
pub(super) fn fatal(hook: &str, fault: Fault) -> Fault {
    if let Fault::Failed(reason) = &fault {
        fatal!(target: TARGET, "`{hook}` failed: {reason}");
    }
    fault
}
