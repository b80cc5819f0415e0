//! `stop`: the lock says whom, a pidfd makes sure that it is still the same process.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use crate::error::Error;
use crate::instance::lock::{Holder, LockFile};
use crate::instance::pid_file;
use crate::instance::state::{self, Snapshot};
use crate::os::console::{complain, say};
use crate::os::proc;
use crate::os::sys;
use crate::settings::Settings;

/// After this long the person who waits is told what for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// There was nothing to stop.
    NotRunning,
    /// It stopped when asked to.
    Itself,
    /// It was killed after this time.
    Killed(Duration),
}

impl Stopped {
    pub(super) fn was_running(self) -> bool {
        self != Self::NotRunning
    }
}

/// Stops the daemon if it runs. Returns when its lock is free, so everything it held is, too.
#[inline(never)]
pub(super) fn stop(settings: &Settings, kill: bool) -> Result<u8, Error> {
    let mut lock = LockFile::existing(&settings.lock_file)?;
    let stopped = match &mut lock {
        None => Stopped::NotRunning,
        Some(lock) => {
            lock.hold_to_stop(settings.name, settings.verb_timeout())?;
            stop_holder(settings, lock, kill)?
        }
    };
    super::recover_log(settings, lock.as_ref());
    // What is said next is true for the next verb, too.
    drop(lock);
    match stopped {
        Stopped::NotRunning => say(settings.name, "not running"),
        Stopped::Itself => say(settings.name, "stopped"),
        Stopped::Killed(time) => say(settings.name, format_args!("killed after {time:?}")),
    }
    Ok(0)
}

/// Stops whoever holds the record lock, under the verbs' lock if no process but that has it.
pub(super) fn stop_holder(
    settings: &Settings,
    lock: &mut LockFile,
    kill: bool,
) -> Result<Stopped, Error> {
    let found = find(lock)?;
    let of = found.as_ref().map(|(pid, _)| *pid);
    let stopped = match found {
        None => Stopped::NotRunning,
        Some((pid, pidfd)) => {
            let limit = time_limit(settings, lock);
            // Where it cannot be said, the daemon keeps to its own time.
            let _ = state::set_stop_limit(lock.file(), kill.then_some(limit));
            signal(&pidfd, pid, libc::SIGTERM)?;
            // A stopped process takes no signal but this one.
            signal(&pidfd, pid, libc::SIGCONT)?;
            // Asked once more: it may have been the waiting that failed.
            if wait(settings, lock, &pidfd, limit) || lock.holder()? == Holder::Nobody {
                Stopped::Itself
            } else if kill {
                signal(&pidfd, pid, libc::SIGKILL)?;
                proc::wait_readable(pidfd.as_fd(), settings.stop_timeout.max(PATIENCE));
                Stopped::Killed(limit)
            } else {
                let place = whereabouts(lock).unwrap_or_default();
                return Err(Error::TimedOut(format!(
                    "pid {pid} still runs after {limit:?}{place}; not killed"
                )));
            }
        }
    };
    // A threaded process frees its locks a little after it has become a zombie.
    if !lock.wait_until_free(of, settings.stop_timeout.max(PATIENCE))? {
        return Err(Error::TimedOut(format!(
            "{} is still locked",
            lock.path().display()
        )));
    }
    // If it was the daemon that had the verbs' lock, another verb may have been quicker to take it.
    match lock.hold_to_stop(settings.name, PATIENCE) {
        Err(Error::TimedOut(_)) => return Ok(stopped),
        held => held?,
    }
    // Else the pid file is that of a daemon which was started meanwhile.
    if lock.holder()? == Holder::Nobody {
        pid_file::tidy(lock.beside(&settings.pid_file)?)?;
    }
    Ok(stopped)
}

/// The process that holds the record lock, and a descriptor that means it and no other.
pub(super) fn find(lock: &LockFile) -> Result<Option<(i32, OwnedFd)>, Error> {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let pid = match lock.holder()? {
            Holder::Nobody => return Ok(None),
            Holder::Process(pid) => pid,
            Holder::Elsewhere => {
                let text = "it runs in another PID namespace; say this verb there";
                return Err(Error::Other(text.to_owned()));
            }
        };
        match sys::pidfd_open(Pid::from_raw(pid)) {
            // Asked again: the number may have changed hands before the descriptor was open.
            Ok(pidfd) if lock.holder()? == Holder::Process(pid) => return Ok(Some((pid, pidfd))),
            Ok(_) | Err(Errno::ESRCH) => {}
            Err(errno) => return Err(Error::step("open the daemon's pidfd", errno)),
        }
        // A network file system may name a process of another machine.
        if Instant::now() >= end {
            let path = lock.path().display();
            let text = format!("pid {pid} has {path} locked, and there is no such process");
            return Err(Error::Other(text));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Signals the process; one that is gone already is no error.
pub(super) fn signal(pidfd: &OwnedFd, pid: i32, number: i32) -> Result<(), Error> {
    match sys::pidfd_send_signal(pidfd.as_fd(), number) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(Errno::EPERM) => Err(Error::NotAllowed(format!(
            "not allowed to signal pid {pid}"
        ))),
        Err(errno) => Err(Error::step("signal the daemon", errno)),
    }
}

/// What was told to this verb, or else what the daemon itself was told.
fn time_limit(settings: &Settings, lock: &LockFile) -> Duration {
    let page = Snapshot::read(lock.file()).ok().flatten();
    match page {
        Some(page) if !settings.stop_timeout_is_given => page.stop_timeout(),
        _ => settings.stop_timeout,
    }
}

/// Waits until the process is gone; says what it is doing when that takes a while.
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

/// `: in `run` since 12 s`, from the state page.
pub(super) fn whereabouts(lock: &LockFile) -> Option<String> {
    let (hook, time) = Snapshot::read(lock.file()).ok()??.hook()?;
    Some(format!(": in `{hook}` since {} s", time.as_secs()))
}
