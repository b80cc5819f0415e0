//! Calls of the user's code, and how they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::context::Context;
use crate::daemon::{Daemon, Event};
use crate::instance::state::Page;
use crate::logger::fatal;
use crate::os::console::TARGET;
use crate::outcome::Outcome;
use crate::run::panics::{self, PANICKED};

/// The failure of a hook.
pub(super) enum Fault {
    /// It returned an error.
    Failed(String),
    /// It panicked. Place and message are reported already.
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

/// Calls the daemon's method for `event`. Returns false if it has none.
pub(super) fn call<D: Daemon>(
    daemon: &mut D,
    context: &mut Context,
    name: &'static str,
    event: Event,
) -> Result<bool, Fault> {
    match in_hook(context.page, name, || daemon.dispatch(event, context))? {
        Outcome::Done => Ok(true),
        Outcome::Unhandled => Ok(false),
        Outcome::Failed(failure) => Err(Fault::Failed(failure.to_string())),
    }
}

/// Runs the user's code for `name` and catches its panic.
pub(super) fn in_hook<T>(page: Page, name: &str, run: impl FnOnce() -> T) -> Result<T, Fault> {
    page.enter_hook(name);
    let result = catch_unwind(AssertUnwindSafe(run));
    page.leave_hook();
    result.map_err(|payload| {
        // Not dropped: its destructor may panic once more, and nothing would catch that.
        std::mem::forget(payload);
        Fault::Panicked(panics::caught(name))
    })
}

/// Logs that the daemon ends because `hook` failed. A panic is logged already.
pub(super) fn fatal(hook: &str, fault: Fault) -> Fault {
    if let Fault::Failed(reason) = &fault {
        fatal!(target: TARGET, "`{hook}` failed: {reason}");
    }
    fault
}
