//! Calls of the user's code, and how they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::context::Context;
use crate::daemon::{Event, Hooks};
use crate::instance::state::Page;
use crate::logger::Logger;
use crate::logger::fatal;
use crate::os::console::TARGET;
use crate::os::fork::{self, Origin};
use crate::outcome::{Failure, Outcome};
use crate::run::panics::{self, PANICKED};

/// The failure of a hook.
pub(super) enum Fault {
    /// It returned an error.
    Failed(String),
    /// It panicked. Place and message are reported already.
    Panicked(String),
}

impl Fault {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Failed(text) | Self::Panicked(text) => text,
        }
    }

    /// Adds what went before: a reload that could not go back.
    pub(super) fn after(self, before: &str) -> Self {
        let join = |text: String| format!("{text}, after {before}");
        match self {
            Self::Failed(text) => Self::Failed(join(text)),
            Self::Panicked(text) => Self::Panicked(join(text)),
        }
    }

    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Panicked(_) => PANICKED,
        }
    }
}

/// Calls the daemon's method for `event`. Returns false if it has none.
pub(super) fn call<D: Hooks>(
    daemon: &mut D,
    context: &mut Context,
    name: &'static str,
    event: Event<'_>,
) -> Result<bool, Fault> {
    in_hook(context.page, name, || {
        match daemon.dispatch(event, context) {
            Outcome::Done => Ok(true),
            Outcome::Unhandled => Ok(false),
            Outcome::Failed(failure) => Err(failure),
        }
    })
}

/// Runs the user's code for `name` and catches its panic. Does not return in a copy of the daemon
/// that the code forked.
pub(super) fn in_hook<T>(
    page: Page,
    name: &str,
    run: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Fault> {
    page.enter_hook(name);
    let result = catch_unwind(AssertUnwindSafe(run));
    let is_copy = fork::is_copy();
    if !is_copy {
        page.leave_hook();
    }
    let result = match result {
        Ok(result) => result.map_err(|failure| Fault::Failed(failure.to_string())),
        Err(payload) => {
            // Not dropped: its destructor may panic once more, and nothing would catch that.
            std::mem::forget(payload);
            Err(Fault::Panicked(panics::caught(name)))
        }
    };
    if is_copy {
        end_copy(name, &result);
    }
    result
}

/// Ends a copy of the daemon when its hook has ended. It leaves the daemon's files, children and
/// caller alone, and no destructor runs.
pub(super) fn end_copy<T>(name: &str, result: &Result<T, Fault>) -> ! {
    if let Err(Fault::Failed(reason)) = result {
        log::error!(target: TARGET, "{Origin}`{name}` failed: {reason}");
    }
    if let Some(logger) = Logger::installed() {
        logger.leave();
    }
    let code = result.as_ref().err().map_or(0, Fault::code);
    signal_hook::low_level::exit(i32::from(code))
}

/// Logs that the daemon ends because `hook` failed. A panic is logged already.
pub(super) fn fatal(hook: &str, fault: Fault) -> Fault {
    if let Fault::Failed(reason) = &fault {
        fatal!(target: TARGET, "`{hook}` failed: {reason}");
    }
    fault
}
