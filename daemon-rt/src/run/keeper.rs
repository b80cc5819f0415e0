//! Restores the lock file and the pid file when they are removed while the daemon runs.

use std::path::Path;
use std::time::{Duration, Instant};

use super::config;
use crate::detach::{Detached, publish_listeners};
use crate::error::{Error, ErrorKind};
use crate::instance::lock::{Holder, LockFile};
use crate::instance::pid_file::PidFile;
use crate::instance::state::{Phase, Snapshot};
use crate::instance::watch::{self, WatchedFile};
use crate::logger::Logger;
use crate::os::console::TARGET;
use crate::os::file_id::Found;
use crate::settings::Settings;
use crate::settings::places::Directory;
use crate::trust::{Place, Rule};

/// The period of the checks.
const PERIOD: Duration = Duration::from_secs(1);

/// The shortest pause between two new mappings of the state page. Each old mapping stays mapped.
const PAGE_PERIOD: Duration = Duration::from_secs(60);

/// The time of the next check, and the files that still need repair.
#[derive(Debug)]
pub(crate) struct Keeper {
    next: Instant,
    lock: LockState,
    name: NameState,
    own: i32,
    has_logged_pid_file: bool,
    next_page: Instant,
}

/// The lock file as the last check left it. Any other state than `Whole` was logged, and each check
/// tries to leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockState {
    Whole,
    Missing,
    /// The lock is in a new file, and the state page is still in the one that was removed.
    WithoutPage,
}

/// The last record in the log about the record lock, which code of this process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameState {
    Kept,
    Regained,
    Lost,
}

impl LockState {
    /// Returns the state after a repair failed with `error`, and logs the first failure.
    fn after_failure(self, is_renewed: bool, error: &Error) -> Self {
        let next = if is_renewed || self == Self::WithoutPage {
            Self::WithoutPage
        } else {
            Self::Missing
        };
        match next {
            _ if self != Self::Whole => {}
            Self::WithoutPage => log::error!(
                target: TARGET,
                "restored the lock file, but not what `status` shows: {error}"
            ),
            _ => log::error!(
                target: TARGET,
                "cannot restore the lock file, so verbs cannot reach this daemon and a second one may \
                 start: {error}"
            ),
        }
        next
    }
}

impl Keeper {
    pub(crate) fn new() -> Self {
        Self {
            next: Instant::now() + PERIOD,
            lock: LockState::Whole,
            name: NameState::Kept,
            own: std::process::id().cast_signed(),
            has_logged_pid_file: false,
            next_page: Instant::now(),
        }
    }

    /// At each turn: looks at once when a file was touched, and else once a second. True: the state
    /// page is in a new lock file.
    ///
    /// # Errors
    /// Another daemon holds the lock file that was made in place of ours: one of the two must go,
    /// and the verbs only reach the other.
    pub(crate) fn tick(&mut self, detached: &mut Detached) -> Result<bool, Error> {
        let now = Instant::now();
        let has_changes = watch::take_changes();
        if now < self.next && !has_changes {
            return Ok(false);
        }
        self.next = now + PERIOD;
        if let Some(logger) = Logger::installed() {
            logger.tick();
        }
        let renewed = self.restore_lock(detached)? || self.restore_page(detached, now);
        self.restore_pid_file(detached);
        Ok(renewed)
    }

    /// Maps the state page anew where it is no longer the file's.
    fn restore_page(&mut self, detached: &mut Detached, now: Instant) -> bool {
        if !detached.page.is_lost() || now < self.next_page {
            return false;
        }
        self.next_page = now + PAGE_PERIOD;
        match move_page(detached) {
            Ok(()) => {
                log::warn!(target: TARGET, "restored the state page");
                true
            }
            Err(error) => {
                log::error!(target: TARGET, "cannot restore the state page, so `status` is out of date: {error}");
                false
            }
        }
    }

    /// Creates the lock file again where it is missing, and takes the record lock again where code
    /// of this process has ended it.
    fn restore_lock(&mut self, detached: &mut Detached) -> Result<bool, Error> {
        let is_current = detached.lock.is_current();
        if is_current {
            self.regain_name(detached);
            if self.lock == LockState::Missing {
                // The file was moved away and back. The directory may be another one.
                self.lock = LockState::Whole;
                watch(detached);
            }
            if self.lock == LockState::Whole {
                return Ok(false);
            }
        }
        let renewed = if is_current {
            Ok(())
        } else {
            self.renew_lock(detached)
        };
        let is_renewed = renewed.is_ok();
        match renewed.and_then(|()| move_page(detached)) {
            Ok(()) => {
                log::warn!(target: TARGET, "restored the lock file");
                self.lock = LockState::Whole;
                watch(detached);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyRunning => Err(error),
            Err(error) => {
                self.lock = self.lock.after_failure(is_renewed, &error);
                Ok(false)
            }
        }
    }

    /// Creates the lock file again and takes its locks.
    fn renew_lock(&self, detached: &mut Detached) -> Result<(), Error> {
        within_reach(detached)?;
        let Settings {
            lock_file,
            directories,
            ..
        } = &*detached.settings;
        // As a start would, for another daemon.
        let is_its = |directory: &&Directory| lock_file.parent() == Some(&directory.path);
        for directory in directories.iter().filter(is_its) {
            directory.make()?;
        }
        let created = LockFile::create(lock_file);
        let mut lock = created.map_err(|error| match seen_holder(lock_file) {
            // It may be there again, and be ours.
            Some(pid) if pid != self.own => Error::already_running(Some(pid)),
            _ => error,
        })?;
        if lock.id() == detached.lock.id() {
            // It was only renamed for a moment. Closing it has ended the record lock.
            drop(lock);
            return detached.lock.regain_name(self.own).map(drop);
        }
        // The page is moved later: until then it is the one that another daemon left.
        if lock.take(|_| Ok(()))?.is_none() {
            return Err(other_daemon_error(&lock));
        }
        detached.lock = lock;
        Ok(())
    }

    /// Takes the record lock again where code of this process has ended it.
    fn regain_name(&mut self, detached: &mut Detached) {
        let state = match detached.lock.regain_name(self.own) {
            Ok(false) => return,
            Ok(true) => {
                // Its descriptor may be another one.
                watch(detached);
                NameState::Regained
            }
            Err(_) if self.name == NameState::Lost => return,
            Err(error) => {
                log::error!(
                    target: TARGET,
                    "lost the record lock on the lock file, so verbs cannot reach this daemon: {error}"
                );
                NameState::Lost
            }
        };
        if state == NameState::Regained && self.name == NameState::Kept {
            log::warn!(
                target: TARGET,
                "took the record lock on the lock file again: code of this process had closed a \
                 descriptor of that file"
            );
        }
        self.name = state;
    }

    fn restore_pid_file(&mut self, detached: &mut Detached) {
        let Some(pid_file) = &detached.pid_file else {
            return;
        };
        let path = &detached.settings.pid_file;
        let reach = within_reach(detached);
        // By its path as well: the directory may be another one by now.
        let is_named = || reach.is_err() || pid_file.id().find_at(path) == Found::This;
        if pid_file.is_current() && is_named() {
            self.has_logged_pid_file = false;
            return;
        }
        let place = reach.and_then(|()| Place::of(path, Rule::PidFile));
        match place.and_then(|place| PidFile::write(place, std::process::id())) {
            Ok(file) => {
                log::warn!(target: TARGET, "restored the pid file");
                detached.pid_file = Some(file);
                self.has_logged_pid_file = false;
                // Otherwise the lock stays marked as missing.
                if self.lock != LockState::WithoutPage {
                    watch(detached);
                }
            }
            Err(error) if !self.has_logged_pid_file => {
                self.has_logged_pid_file = true;
                log::error!(target: TARGET, "cannot restore the pid file: {error}");
            }
            // After a privilege drop the directory stays root's.
            Err(_) => {}
        }
    }
}

/// Where the daemon has a root of its own, the path of a file outside is another file's.
fn within_reach(detached: &Detached) -> Result<(), Error> {
    match detached.outside {
        None => Ok(()),
        Some(_) => Err(Error::not_allowed("it is outside of the chroot")),
    }
}

/// Wakes the loop when one of the files is removed.
pub(crate) fn watch(detached: &Detached) {
    // A loss that cannot be repaired need not wake the loop.
    if within_reach(detached).is_err() {
        return;
    }
    let lock = WatchedFile::new(detached.lock.path(), detached.lock.id());
    let path = &detached.settings.pid_file;
    let pid_file = detached.pid_file.as_ref();
    let pid_file = pid_file.map(|pid_file| WatchedFile::new(path, pid_file.id()));
    let files = [lock].into_iter().chain(pid_file).collect();
    watch::begin_watching(files, detached.lock.share());
}

/// Returns the holder of a lock file that this process may not open. Another user could have
/// planted one.
fn seen_holder(lock_file: &Path) -> Option<i32> {
    Place::of(lock_file, Rule::PidFile).ok()?.look().ok()?;
    LockFile::look(lock_file).ok()?.pid()
}

/// Returns the error for another daemon that holds `lock`. Only one that is ready is to stay in
/// place of this one: a start may fail, over what this one still has.
fn other_daemon_error(lock: &LockFile) -> Error {
    // In this order: a named holder has written the page, and no killed daemon before it.
    let holder = lock.holder_now();
    let page = Snapshot::read(lock.file()).ok().flatten();
    let is_ready = matches!(
        page.and_then(|page| page.phase()),
        Some(Phase::Running | Phase::Reloading)
    );
    match holder {
        Ok(holder @ (Holder::Process(_) | Holder::Elsewhere)) if is_ready => {
            Error::already_running(holder.pid())
        }
        _ => Error::other("another daemon is about to start"),
    }
}

/// Goes on with the state page in the lock file.
fn move_page(detached: &mut Detached) -> Result<(), Error> {
    let (lock, was_lost) = (&detached.lock, detached.page.is_lost());
    let moved = detached.page.move_to(lock.file());
    let page = moved.map_err(|e| Error::at("write the state page", lock.path(), e))?;
    detached.page = page;
    if was_lost {
        // What could not be read any more was lost.
        detached.describe(page);
        page.make_running();
    }
    config::publish(detached);
    if detached.listeners.iter().next().is_some() {
        publish_listeners(&detached.lock, &detached.listeners)?;
    }
    Ok(())
}
