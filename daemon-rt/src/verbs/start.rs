//! `start` and `run`.

use crate::daemon::{Daemon, Life};
use crate::detach::init;
use crate::detach::{End, Mode, Step, Way, walk};
use crate::error::{Error, ErrorKind};
use crate::instance::lock::LockFile;
use crate::manager;
use crate::os::console::report;
use crate::settings::Settings;
use crate::trust::Place;
use crate::upgrade::Invocation;

/// Starts the daemon. Succeeds if it already runs. `lock` is the verb lock, if the verb holds it,
/// and `place` is its directory, if the verb has walked there.
pub(super) fn start<D: Daemon>(
    settings: Box<Settings>,
    lock: Option<LockFile>,
    place: Option<Place>,
) -> Result<u8, Error> {
    let name = settings.name;
    match walk_steps::<D>(settings, Mode::Detached, lock, place) {
        Ok(pid) => report(name, format_args!("started, pid {pid}")),
        Err(error) if error.kind() == ErrorKind::AlreadyRunning => report(name, error),
        Err(error) => return Err(error),
    }
    Ok(0)
}

/// Becomes the daemon, without leaving the terminal or the supervisor. PID 1 becomes its init.
pub(super) fn run<D: Daemon>(settings: Box<Settings>) -> Result<u8, Error> {
    let mode = if init::is_wanted() {
        init::leave_behind(settings.name)?;
        Mode::Contained
    } else {
        Mode::Foreground
    };
    manager::take_over(settings.spec.ready_fd)
        .map_err(|source| Error::step("find the service manager", source))?;
    walk_steps::<D>(settings, mode, None, None).map(|_| 0)
}

/// Walks the steps from the caller to the daemon. Returns in the caller, with the daemon's pid.
fn walk_steps<D: Daemon>(
    settings: Box<Settings>,
    mode: Mode,
    lock: Option<LockFile>,
    place: Option<Place>,
) -> Result<i32, Error> {
    const {
        assert!(
            Step::are_in_order(D::STEPS),
            "`STEPS` must be `Step::ALL`: no other order of the steps is right"
        );
    }
    let way =
        Way::new(settings, D::SPEC.signals, mode, lock, place).of_invocation(Invocation::find());
    match walk(Box::new(way), D::STEPS) {
        End::Caller(outcome) => outcome,
        End::Daemon(detached) => <D::Life as Life<D>>::serve(detached),
    }
}
