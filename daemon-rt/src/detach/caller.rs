//! The steps of the caller: the checks, and the wait for the daemon.

use std::io::Write;
use std::mem;
use std::path::Path;
use std::time::{Duration, Instant};

use super::detached::Mode;
use super::way::{Role, Way};
use crate::detach::ready;
use crate::detach::starter::Starter;
use crate::error::{Error, ErrorKind};
use crate::instance::lock::{Holder, LockFile, is_read_only};
use crate::instance::queue::Purpose;
use crate::instance::state::{Phase, Snapshot};
use crate::instance::supervisor::Supervisor;
use crate::os::proc;
use crate::os::sys::{self, Fork};
use crate::os::threads::{NOT_COPIED, refuse_threads};
use crate::settings::Settings;
use crate::trust::Place;

/// The pause between two looks at a daemon that is starting.
const LOOK: Duration = Duration::from_millis(20);

/// Checks in the caller whether a daemon may start, and takes the verb lock.
///
/// # Errors
/// A daemon runs, a directory cannot be made, or the settings do not permit a start.
pub(super) fn check(way: &mut Way) -> Result<(), Error> {
    let drops = way.settings.must_drop_privileges()?;
    let confinement = &way.settings.confinement;
    if drops || way.mode == Mode::Detached || confinement.is_per_thread() {
        refuse_threads(match way.mode {
            Mode::Foreground => "which would keep the privileges that this one drops",
            Mode::Detached | Mode::Contained => NOT_COPIED,
        })?;
    }
    confinement.check_permitted()?;
    let mut lock = if way.mode == Mode::Contained {
        let (lock, lockless) = open_lock(&way.settings)?;
        way.lockless = lockless;
        lock
    } else {
        way.settings.make_directories()?;
        match way.lock.take() {
            Some(lock) => lock,
            None => create_lock(&way.settings, way.place.take())?,
        }
    };
    lock.hold(
        way.settings.name,
        Purpose::Change,
        way.settings.verb_timeout(),
    )?;
    // Without a holder the page tells of no process.
    if lock.holder_now()? != Holder::Nobody {
        wait_for_stopping(&lock, way.settings.spec.stop_timeout)?;
        wait_for_starting(&lock, way.settings.spec.start_timeout)?;
        refuse_holder(&lock, &way.settings.pid_file)?;
    }
    refuse_elsewhere(&way.settings)?;
    if let Some(opener) = way.settings.spec.opener {
        way.inherited = (opener.take)(&way.settings.listeners)?;
    }
    way.lock = Some(lock);
    way.supervisor = match way.mode {
        Mode::Detached => Supervisor::find_unit(),
        Mode::Foreground => Supervisor::find(),
        Mode::Contained => Some(Supervisor::Container),
    };
    Ok(())
}

/// Creates the lock file. On a read-only file system it can only find out whether a daemon runs.
fn create_lock(settings: &Settings, place: Option<Place>) -> Result<LockFile, Error> {
    let created = match place {
        Some(place) => LockFile::create_at(place),
        None => LockFile::create(&settings.lock_file),
    };
    created.map_err(|error| {
        let error = settings.advise_place(error);
        if !is_read_only(&error) {
            return error;
        }
        let lock = LockFile::open_existing(&settings.lock_file).ok().flatten();
        let running = lock.map_or(Ok(()), |lock| refuse_holder(&lock, &settings.pid_file));
        running.err().unwrap_or(error)
    })
}

/// Fails if a process holds the instance lock.
pub(super) fn refuse_holder(lock: &LockFile, pid_file: &Path) -> Result<(), Error> {
    refuse(lock.holder()?, lock.path(), pid_file)
}

/// Fails if a daemon of this name holds its lock at another default place.
pub(super) fn refuse_elsewhere(settings: &Settings) -> Result<(), Error> {
    for path in &settings.other_locks {
        let holder = match LockFile::holder_at(path) {
            // Where `/proc` hides the locks, a file of an earlier run must not prevent every start.
            Err(error) if error.kind() == ErrorKind::Unknown => continue,
            holder => holder?,
        };
        if holder == Holder::Nobody {
            continue;
        }
        // Another user could hold it to keep this daemon from its start, so that is no success.
        match LockFile::open_existing(path) {
            Err(error) if error.kind() == ErrorKind::Untrusted => return Err(error),
            _ => refuse(holder, path, &settings.pid_file)?,
        }
    }
    Ok(())
}

fn refuse(holder: Holder, lock_file: &Path, pid_file: &Path) -> Result<(), Error> {
    match holder {
        Holder::Nobody => Ok(()),
        Holder::Unnamed => Err(LockFile::unnamed(lock_file, pid_file)),
        holder => Err(Error::already_running(holder.pid())),
    }
}

/// Forks in the caller and waits there for the verdict. Without a detach it does nothing.
pub(super) fn fork(way: &mut Way) -> Result<(), Error> {
    if way.mode != Mode::Detached {
        way.role = Role::Daemon;
        return Ok(());
    }
    // Otherwise both processes would write the rest of the buffer.
    let _ = std::io::stdout().flush();
    let (listener, reporter) = ready::pipe()?;
    let starter = Starter::prepare(listener)?;
    match sys::fork().map_err(|source| Error::step("fork", source))? {
        Fork::Parent(child, _) => {
            drop(reporter);
            let verdict = starter.wait(child, &way.settings);
            way.outcome = Some(verdict);
        }
        Fork::Child(_) => {
            // The copies of the caller's values are never dropped. A drop would close a number that
            // `close_descriptors` has closed, and that another file may have by then.
            mem::forget(starter);
            way.place = way.lock.take().and_then(LockFile::leave);
            way.reporter = Some(reporter);
            way.role = Role::FirstChild;
        }
    }
    Ok(())
}

/// Waits until a daemon that is stopping has ended.
fn wait_for_stopping(lock: &LockFile, limit: Duration) -> Result<(), Error> {
    let snapshot = Snapshot::read(lock.file())
        .map_err(|e| Error::at("read the state page", lock.path(), e))?;
    let Some(page) = snapshot.filter(|page| page.phase() == Some(Phase::Stopping)) else {
        return Ok(());
    };
    let limit = limit.max(page.stop_timeout());
    if lock.wait_until_free(None, limit)? {
        return Ok(());
    }
    Err(Error::timed_out(format!(
        "the daemon that is stopping did not end within {limit:?}; run this verb again"
    )))
}

/// Waits for a daemon that is starting although no verb waits for it, because its caller was
/// killed.
fn wait_for_starting(lock: &LockFile, limit: Duration) -> Result<(), Error> {
    let end = Instant::now() + limit;
    let mut log = None;
    loop {
        let page = Snapshot::read(lock.file())
            .map_err(|e| Error::at("read the state page", lock.path(), e))?;
        let Holder::Process(pid) = lock.holder()? else {
            return log.map_or(Ok(()), |log| {
                let reason = format!("the daemon that was starting has failed; see its log {log}");
                Err(Error::not_ready(reason, 1))
            });
        };
        // After a panic the daemon starts again without a caller.
        let is_starting =
            |page: &Snapshot| page.phase() == Some(Phase::Starting) && page.last_panic().is_none();
        let Some(page) = page.filter(is_starting) else {
            return Ok(());
        };
        if Instant::now() >= end {
            return Err(Error::timed_out(format!(
                "the daemon, pid {pid}, is still starting after {limit:?}; wait, or run stop to end it"
            )));
        }
        log = Some(page.log_file());
        proc::wait_for_end(pid, LOOK);
    }
}

/// Opens the lock of a daemon in a container. If the default place cannot be written to, the lock
/// is anonymous, and the second value is the reason.
///
/// A container with a read-only root has one daemon anyway, and PID 1 passes on the signals that
/// stop and reload it.
fn open_lock(settings: &Settings) -> Result<(LockFile, Option<String>), Error> {
    let made = settings
        .make_directories()
        .and_then(|()| LockFile::create(&settings.lock_file));
    match made {
        Err(error) if settings.spec.pid_file.is_none() && is_unwritable(&error) => {
            let lock = LockFile::anonymous(&settings.lock_file)?;
            Ok((lock, Some(error.to_string())))
        }
        made => Ok((made?, None)),
    }
}

fn is_unwritable(error: &Error) -> bool {
    use std::io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem};
    [NotFound, PermissionDenied, ReadOnlyFilesystem]
        .iter()
        .any(|kind| error.is_system(*kind))
}
