//! The daemon that holds the lock: its process and its current hook.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::unistd::{Pid, geteuid};

use crate::detach::init;
use crate::error::Error;
use crate::instance::lock::{Holder, LockFile};
use crate::instance::state::Snapshot;
use crate::os::console::complain;
use crate::os::{proc, sys};
use crate::settings::Settings;
use crate::settings::places::system_locks;

/// The time after which a holder without a process on this machine is an error.
const PATIENCE: Duration = Duration::from_secs(2);

/// The interval between two reads of the page while a verb waits for the daemon.
pub(super) const LOOK: Duration = Duration::from_millis(5);

/// Opens the lock file if it exists. If a daemon of this name has its lock at another default
/// place, opens that file.
///
/// # Errors
/// The file cannot be opened. Or it is missing or read-only, and PID 1 is the init of a daemon that
/// may run without a lock file.
pub(super) fn find_lock(settings: &Settings) -> Result<Option<LockFile>, Error> {
    let is_held = |path: &Path| LockFile::holder_at(path).is_ok_and(|it| it != Holder::Nobody);
    let other = settings.other_locks.iter().find(|path| is_held(path));
    let open = |path: &Path| {
        LockFile::open_existing(path).map_err(|error| {
            if error.is_system(io::ErrorKind::PermissionDenied) {
                return error
                    .advise("run this command as root, or as the user who started the daemon");
            }
            error
        })
    };
    if let Some(other) = other.filter(|_| !is_held(&settings.lock_file)) {
        return open(other);
    }
    let lock = open(&settings.lock_file)?;
    // A file that cannot be written may be left from an earlier daemon.
    let is_left = |lock: &LockFile| {
        lock.refuse_read_only().is_err() && matches!(lock.holder(), Ok(Holder::Nobody))
    };
    if lock.as_ref().is_none_or(is_left) {
        init::refuse_to_guess(&settings.lock_file)?;
    }
    Ok(lock)
}

/// Names root's daemon to an ordinary user whose own daemon does not run.
pub(super) fn hint_at_root(settings: &Settings) {
    if settings.spec.pid_file.is_some() || geteuid().is_root() {
        return;
    }
    for lock in system_locks(settings.name) {
        // The lock of a daemon that root starts is never one that this user could have planted.
        let is_roots = std::fs::symlink_metadata(&lock).is_ok_and(|file| file.uid() == 0);
        if is_roots && let Ok(Holder::Process(pid)) = LockFile::holder_at(&lock) {
            let path = lock.with_extension("");
            let path = path.display();
            complain(
                settings.name,
                format_args!("root runs a daemon of this name, pid {pid}; pass --pid-file {path}"),
            );
        }
    }
}

/// The process that holds the record lock.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: i32,
    /// `None` where a filter of system calls refuses `pidfd_open(2)`, as old ones do.
    pidfd: Option<OwnedFd>,
}

impl Process {
    /// Signals the process. Succeeds if it has already exited.
    pub(super) fn send(&self, lock: &LockFile, number: i32) -> Result<(), Error> {
        match self.signal(lock, number) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(Errno::EPERM) => Err(Error::not_allowed(format!(
                "cannot signal pid {}: it belongs to another user; run this command as root",
                self.pid
            ))),
            Err(errno) => Err(Error::step("signal the daemon", errno)),
        }
    }

    fn signal(&self, lock: &LockFile, number: i32) -> nix::Result<()> {
        if let Some(pidfd) = &self.pidfd {
            match sys::pidfd_send_signal(pidfd.as_fd(), number) {
                // A filter of system calls may have answered.
                Err(Errno::EPERM | Errno::ENOSYS) => {}
                sent => return sent,
            }
        }
        // Ask again, because the pid may have been reused.
        if self.holds(lock) {
            sys::kill(Pid::from_raw(self.pid), number)
        } else {
            Err(Errno::ESRCH)
        }
    }

    fn holds(&self, lock: &LockFile) -> bool {
        matches!(lock.holder(), Ok(Holder::Process(pid)) if pid == self.pid)
    }

    /// Waits until the process has ended. Returns whether it has, at most after `limit`.
    pub(super) fn ends_within(&self, lock: &LockFile, limit: Duration) -> bool {
        if let Some(pidfd) = &self.pidfd {
            return proc::wait_readable(pidfd.as_fd(), limit);
        }
        let end = Instant::now() + limit;
        while self.holds(lock) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(10)));
        }
        true
    }
}

/// Returns the lock file and the daemon that holds it.
///
/// # Errors
/// `ErrorKind::NotRunning` if no daemon holds it.
#[cfg(feature = "cli")]
pub(super) fn find_running(settings: &Settings) -> Result<(LockFile, Process), Error> {
    let lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    let holder = find_holder(settings, &lock)?.ok_or_else(Error::not_running)?;
    Ok((lock, holder))
}

/// Returns the process that holds the record lock.
///
/// # Errors
/// No process of this PID namespace holds it, or the kernel does not name the one that does.
pub(super) fn find_holder(settings: &Settings, lock: &LockFile) -> Result<Option<Process>, Error> {
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let pid = match lock.holder()? {
            Holder::Nobody => return Ok(None),
            Holder::Process(pid) => pid,
            Holder::Unnamed => return Err(LockFile::unnamed(lock.path(), &settings.pid_file)),
            Holder::Elsewhere => {
                let text = "the daemon runs in another PID namespace; run this command there";
                return Err(Error::other(text));
            }
        };
        let opened = match sys::pidfd_open(Pid::from_raw(pid)) {
            Err(Errno::EPERM | Errno::ENOSYS) => match sys::kill(Pid::from_raw(pid), 0) {
                Err(Errno::ESRCH) => Err(Errno::ESRCH),
                _ => Ok(None),
            },
            opened => opened.map(Some),
        };
        match opened {
            // Ask again, because the pid may have been reused before the descriptor was open.
            Ok(pidfd) if lock.holder()? == Holder::Process(pid) => {
                return Ok(Some(Process { pid, pidfd }));
            }
            Ok(_) | Err(Errno::ESRCH) => {}
            Err(errno) => return Err(Error::step("open the daemon's pidfd", errno)),
        }
        // A network file system may name a process of another machine.
        if Instant::now() >= end {
            let path = lock.path().display();
            let text = format!(
                "pid {pid} holds the lock {path}, but no such process exists here; if that is a network file system, pass --pid-file with a local path"
            );
            return Err(Error::other(text));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Returns the current hook from the state page, as in `: in `run` since 12 s`.
pub(super) fn whereabouts(lock: &LockFile) -> Option<String> {
    let (hook, time) = Snapshot::read(lock.file()).ok()??.hook()?;
    let pid = lock.holder().ok().and_then(Holder::pid);
    let frozen = if pid.is_some_and(proc::is_frozen) {
        ", frozen"
    } else {
        ""
    };
    Some(format!(": in `{hook}` since {} s{frozen}", time.as_secs()))
}

/// Returns the state page.
pub(super) fn read_page(lock: &LockFile) -> Result<Snapshot, Error> {
    let page = Snapshot::read(lock.file())
        .map_err(|e| Error::at("read the state page", lock.path(), e))?;
    page.ok_or_else(|| {
        let path = lock.path().display();
        Error::other(format!(
            "{path} has no state page of this version: another program holds it, or it was truncated; \
             wait for the daemon's next turn, or restart it"
        ))
    })
}
