//! `stop`: the lock names the process, and a pidfd protects against a reused pid.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::libc;

use crate::error::{Error, ErrorKind};
use crate::instance::lock::{Holder, LockFile, Purpose};
use crate::instance::pid_file;
use crate::instance::state::{self, Snapshot};
use crate::os::console::{complain, say};
use crate::os::proc;
use crate::settings::Settings;
use crate::verbs::holder::{find_holder, find_lock, send_signal, whereabouts};
use crate::verbs::last_records::recover_log;

/// The time after which a waiting `stop` prints the hook that it waits for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The result of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// There was nothing to stop.
    NotRunning,
    /// The daemon stopped by itself.
    Itself,
    /// The daemon was killed after this time.
    Killed(Duration),
}

impl Stopped {
    /// Reports whether a daemon was running.
    pub(super) fn was_running(self) -> bool {
        self != Self::NotRunning
    }
}

/// Stops the daemon if it runs. Returns when its lock is free, and so all that it held.
#[inline(never)]
pub(super) fn stop(settings: &Settings, kill: bool) -> Result<u8, Error> {
    let mut lock = find_lock(settings)?;
    let stopped = match &mut lock {
        None => Stopped::NotRunning,
        Some(lock) => {
            lock.hold(settings.name, Purpose::Stop, settings.verb_timeout())?;
            stop_holder(settings, lock, kill)?
        }
    };
    recover_log(settings, lock.as_ref());
    // Release the lock first, so that the message is also true for the next verb.
    drop(lock);
    match stopped {
        Stopped::NotRunning => say(settings.name, "not running"),
        Stopped::Itself => say(settings.name, "stopped"),
        Stopped::Killed(time) => say(settings.name, format_args!("killed after {time:?}")),
    }
    Ok(0)
}

/// Stops the holder of the record lock, under the verbs' lock unless that process holds it.
pub(super) fn stop_holder(
    settings: &Settings,
    lock: &mut LockFile,
    kill: bool,
) -> Result<Stopped, Error> {
    let found = find_holder(lock)?;
    let of = found.as_ref().map(|(pid, _)| *pid);
    let stopped = match found {
        None => Stopped::NotRunning,
        Some((pid, pidfd)) => {
            let limit = time_limit(settings, lock);
            // Where it cannot be said, the daemon keeps to its own time.
            let _ = state::set_stop_limit(lock.file(), kill.then_some(limit));
            send_signal(&pidfd, pid, libc::SIGTERM)?;
            // A stopped process takes no signal but this one.
            send_signal(&pidfd, pid, libc::SIGCONT)?;
            // Asked once more: it may have been the waiting that failed.
            if wait(settings, lock, &pidfd, limit) || lock.holder()? == Holder::Nobody {
                Stopped::Itself
            } else if kill {
                send_signal(&pidfd, pid, libc::SIGKILL)?;
                proc::wait_readable(pidfd.as_fd(), settings.stop_timeout.max(PATIENCE));
                Stopped::Killed(limit)
            } else {
                let place = whereabouts(lock).unwrap_or_default();
                return Err(Error::timed_out(format!(
                    "pid {pid} still runs after {limit:?}{place}; run stop without --no-kill to kill it"
                )));
            }
        }
    };
    // A threaded process frees its locks a little after it has become a zombie.
    if !lock.wait_until_free(of, settings.stop_timeout.max(PATIENCE))? {
        return Err(Error::timed_out(format!(
            "the lock {} is still held",
            lock.path().display()
        )));
    }
    // If it was the daemon that had the verbs' lock, another verb may have been quicker to take it.
    match lock.hold(settings.name, Purpose::Stop, PATIENCE) {
        Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(stopped),
        held => held?,
    }
    // Else the pid file is that of a daemon which was started meanwhile.
    if lock.holder()? == Holder::Nobody {
        pid_file::remove_leftovers(lock.pid_file_place(&settings.pid_file)?)?;
    }
    Ok(stopped)
}

/// Returns the time limit of this verb if one is given, or otherwise the daemon's own.
fn time_limit(settings: &Settings, lock: &LockFile) -> Duration {
    let page = Snapshot::read(lock.file()).ok().flatten();
    match page {
        Some(page) if !settings.stop_timeout_is_given => page.stop_timeout(),
        _ => settings.stop_timeout,
    }
}

/// Waits until the process is gone. Prints its hook if that takes a while.
fn wait(settings: &Settings, lock: &LockFile, pidfd: &OwnedFd, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    let left = || end.saturating_duration_since(Instant::now());
    if proc::wait_readable(pidfd.as_fd(), left().min(PATIENCE)) {
        return true;
    }
    if !left().is_zero() {
        let place = whereabouts(lock).unwrap_or_default();
        complain(settings.name, format_args!("waiting{place}"));
    }
    proc::wait_readable(pidfd.as_fd(), left())
}
