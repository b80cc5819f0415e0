//! `main`: from the command line to a verb, from its result to an exit code.

use std::process::ExitCode;

use crate::control::{complain, perform};
use crate::daemon::Daemon;

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
    let request = crate::words::parse::<D>();
    match request {
        Ok((verb, overrides)) => finish::<D>(verb, &overrides),
        Err(code) => code,
    }
}

/// Does what the verb says, and tells how it went.
pub(crate) fn finish<D: Daemon>(
    verb: crate::control::Verb,
    overrides: &crate::settings::Overrides,
) -> ExitCode {
    match perform::<D>(verb, overrides) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(D::SPEC.name, &error);
            ExitCode::from(error.exit_code())
        }
    }
}
