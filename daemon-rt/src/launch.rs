//! `main`: from the command line to a verb, from its result to an exit code.

use std::process::ExitCode;

use crate::daemon::Daemon;
use crate::error::Error;
use crate::os::console::complain;
use crate::settings::Overrides;
use crate::verbs::{Verb, perform};

/// The whole `main` of a daemon's program: reads the command line, does what its verb says, and
/// returns the exit code.
///
/// In the daemon process it never returns: the value is dropped, then the process exits. Open
/// resources in `new` or `on_start`, not before: a detached daemon closes what it inherits.
#[must_use]
pub fn main<D: Daemon>() -> ExitCode {
    #[cfg(feature = "cli")]
    let request = crate::cli::parse::<D>();
    #[cfg(not(feature = "cli"))]
    let request = crate::cli::words::parse(D::SPEC.name);
    match request {
        Ok((verb, overrides)) => finish::<D>(verb, &overrides),
        Err(code) => code,
    }
}

/// Does what the verb says, and tells how it went.
pub(crate) fn finish<D: Daemon>(verb: Verb, overrides: &Overrides) -> ExitCode {
    perform::<D>(verb, overrides).map_or_else(|error| fail(D::SPEC.name, &error), ExitCode::from)
}

/// Tells why the verb failed.
pub(crate) fn fail(name: &str, error: &Error) -> ExitCode {
    complain(name, error);
    ExitCode::from(error.exit_code())
}
