//! `main`: from the command line to a verb, from its result to an exit code.

use std::process::ExitCode;

use crate::daemon::Daemon;
use crate::verbs;

/// The whole `main` of a daemon's program: reads the command line, does what its verb says, and
/// returns the exit code.
///
/// In the daemon process it never returns: the value is dropped, then the process exits. Open
/// resources in `new` or `on_start`, not before: a detached daemon closes what it inherits.
#[must_use = "return it from `main`, because it is the exit code: `fn main() -> ExitCode { … }`"]
pub fn main<D: Daemon>() -> ExitCode {
    if let Some(code) = verbs::take_over::<D>() {
        return code;
    }
    #[cfg(feature = "cli")]
    let request = crate::cli::parse::<D>();
    #[cfg(not(feature = "cli"))]
    let request = crate::cli::words::parse(&D::SPEC);
    match request {
        Ok((verb, overrides)) => verbs::finish::<D>(verb, &overrides),
        Err(code) => code,
    }
}
