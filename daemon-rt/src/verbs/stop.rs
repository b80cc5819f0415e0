//! `stop`: the lock names the process, and a pidfd protects against a reused pid.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::libc;

use crate::error::{Error, ErrorKind};
use crate::instance::lock::{Holder, LockFile, is_read_only};
use crate::instance::pid_file;
use crate::instance::queue::Purpose;
use crate::instance::state::{self, Snapshot};
use crate::os::console::{complain, report};
use crate::settings::Settings;
use crate::verbs::holder::{Process, find_holder, find_lock, hint_at_root, whereabouts};
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
        Stopped::NotRunning => {
            report(settings.name, "not running");
            hint_at_root(settings);
        }
        Stopped::Itself => report(settings.name, "stopped"),
        Stopped::Killed(time) => report(settings.name, format_args!("killed after {time:?}")),
    }
    Ok(0)
}

/// Stops the holder of the record lock, under the verbs' lock unless that process holds it.
pub(super) fn stop_holder(
    settings: &Settings,
    lock: &mut LockFile,
    kill: bool,
) -> Result<Stopped, Error> {
    let holder = find_holder(settings, lock)?;
    let stopped = match &holder {
        None => Stopped::NotRunning,
        Some(holder) => {
            let limit = ask(settings, lock, holder, kill)?;
            wait_or_kill(settings, lock, holder, limit, kill)?
        }
    };
    wait_for_lock(settings, lock, stopped, holder.map(|holder| holder.pid))?;
    tidy(settings, lock)?;
    Ok(stopped)
}

/// Asks the daemon to stop. Returns its time limit: that of this verb if one is given, or otherwise
/// the daemon's own.
fn ask(
    settings: &Settings,
    lock: &LockFile,
    holder: &Process,
    kill: bool,
) -> Result<Duration, Error> {
    let limit = match Snapshot::read(lock.file()) {
        Ok(Some(page)) if settings.is_given("stop_timeout").is_none() => page.stop_timeout(),
        _ => settings.spec.stop_timeout,
    };
    // Without a page the daemon keeps to its own limit.
    let _ = state::set_stop_limit(lock.file(), kill.then_some(limit));
    holder.send(lock, libc::SIGTERM)?;
    // A stopped process handles no signal but this one.
    holder.send(lock, libc::SIGCONT)?;
    Ok(limit)
}

/// Waits until the daemon is gone, and kills it after `limit`. Prints its hook if that takes a
/// while.
fn wait_or_kill(
    settings: &Settings,
    lock: &LockFile,
    holder: &Process,
    limit: Duration,
    kill: bool,
) -> Result<Stopped, Error> {
    let end = Instant::now() + limit;
    let left = || end.saturating_duration_since(Instant::now());
    let place = || whereabouts(lock).unwrap_or_default();
    let mut is_gone = holder.ends_within(lock, left().min(PATIENCE));
    if !is_gone && !left().is_zero() {
        complain(settings.name, format_args!("waiting{}", place()));
        is_gone = holder.ends_within(lock, left());
    }
    // Ask again, because the wait itself may have failed.
    if is_gone || lock.holder()? == Holder::Nobody {
        return Ok(Stopped::Itself);
    }
    if !kill {
        return Err(Error::timed_out(format!(
            "pid {} still runs after {limit:?}{}; run stop without --no-kill to kill it",
            holder.pid,
            place()
        )));
    }
    holder.send(lock, libc::SIGKILL)?;
    holder.ends_within(lock, settings.spec.stop_timeout.max(PATIENCE));
    Ok(Stopped::Killed(limit))
}

/// Waits until the record lock is free. A threaded process releases its locks shortly after it has
/// become a zombie.
fn wait_for_lock(
    settings: &Settings,
    lock: &LockFile,
    stopped: Stopped,
    pid: Option<i32>,
) -> Result<(), Error> {
    if lock.wait_until_free(pid, settings.spec.stop_timeout.max(PATIENCE))? {
        return Ok(());
    }
    let path = lock.path().display();
    Err(Error::timed_out(match (stopped, pid) {
        (Stopped::Killed(_), Some(pid)) => format!(
            "pid {pid} was killed, and is not gone: frozen or in the kernel (state D); thaw its \
             control group, then run stop again"
        ),
        _ => format!("the lock {path} is still held; run stop again"),
    }))
}

/// Removes the pid file that the daemon left, under the verbs' lock.
fn tidy(settings: &Settings, lock: &mut LockFile) -> Result<(), Error> {
    // If the daemon held the verbs' lock, another verb may have taken it first.
    match lock.hold(settings.name, Purpose::Stop, PATIENCE) {
        Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(()),
        held => held?,
    }
    // Otherwise the pid file belongs to a daemon that was started meanwhile.
    let is_free = |path: &PathBuf| matches!(LockFile::holder_at(path), Ok(Holder::Nobody));
    if lock.holder()? != Holder::Nobody || !settings.other_locks.iter().all(is_free) {
        return Ok(());
    }
    for path in settings.pid_files() {
        let place = lock.pid_file_place(&path);
        match place.and_then(pid_file::remove_leftovers) {
            Err(error) if is_read_only(&error) => complain(settings.name, error),
            Err(error) if error.is_system(io::ErrorKind::NotFound) => {}
            // The others are there only if the daemon had another user than this verb declares.
            Err(_) if path != settings.pid_file => {}
            removed => removed?,
        }
    }
    remove_sockets(settings);
    Ok(())
}

/// Removes the sockets that the daemon left, such as in a directory of root's.
fn remove_sockets(settings: &Settings) {
    let Some(opener) = settings.spec.opener else {
        return;
    };
    for path in settings
        .listeners
        .iter()
        .filter_map(|one| one.address.path())
    {
        match (opener.remove_stale)(path) {
            Err(error) if !error.is_system(io::ErrorKind::NotFound) => {
                complain(settings.name, error);
            }
            _ => {}
        }
    }
}
