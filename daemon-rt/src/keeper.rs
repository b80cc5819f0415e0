//! Puts back what somebody removed while the daemon runs: the lock file and the pid file.

use std::time::{Duration, Instant};

use crate::detach::Detached;
use crate::error::Error;
use crate::lock::LockFile;
use crate::logger;
use crate::pid_file::PidFile;
use crate::trust::{Place, Rule};
use crate::watch::{self, Named};

/// How often it is looked, at most.
const PERIOD: Duration = Duration::from_secs(1);

/// How often the state page is mapped anew, at most: each time the one before stays mapped.
const PAGE_PERIOD: Duration = Duration::from_secs(60);

/// When it was looked last, and what cannot be mended and was told.
#[derive(Debug)]
pub(crate) struct Keeper {
    next: Instant,
    gave_up_lock: bool,
    gave_up_pid_file: bool,
    next_page: Instant,
}

impl Keeper {
    pub(crate) fn new() -> Self {
        Self {
            next: Instant::now() + PERIOD,
            gave_up_lock: false,
            gave_up_pid_file: false,
            next_page: Instant::now(),
        }
    }

    /// At each turn: looks at once when a file was touched, and else once a second. True: the lock file is a new one.
    ///
    /// # Errors
    /// Another daemon holds the lock file that was made in place of ours: one of the two must go,
    /// and the verbs only reach the other.
    pub(crate) fn tick(&mut self, detached: &mut Detached) -> Result<bool, Error> {
        let now = Instant::now();
        if now < self.next && !watch::take_touched() {
            return Ok(false);
        }
        self.next = now + PERIOD;
        logger::tick();
        let renewed = self.keep_lock(detached)? || self.keep_page(detached, now);
        self.keep_pid_file(detached);
        Ok(renewed)
    }

    /// Maps the state page anew where it is no longer the file's.
    fn keep_page(&mut self, detached: &mut Detached, now: Instant) -> bool {
        if !detached.page.is_broken() || now < self.next_page {
            return false;
        }
        self.next_page = now + PAGE_PERIOD;
        match detached.page.move_to(detached.lock.file()) {
            Ok(page) => {
                detached.page = page;
                // What could not be read any more was lost.
                detached.describe(page);
                page.make_running();
                log::warn!(target: "daemon", "the state page was lost and is there again");
                true
            }
            Err(error) => {
                log::error!(target: "daemon", "verbs hear nothing new of this daemon: {error}");
                false
            }
        }
    }

    fn keep_lock(&mut self, detached: &mut Detached) -> Result<bool, Error> {
        if self.gave_up_lock || detached.lock.is_current() {
            return Ok(false);
        }
        match renew_lock(detached) {
            Ok(()) => Ok(true),
            Err(error @ Error::AlreadyRunning(_)) => Err(error),
            Err(error) => {
                // Said once: after a privilege drop the folder is root's.
                log::error!(target: "daemon", "the lock file was removed, and stays so: {error}");
                self.gave_up_lock = true;
                Ok(false)
            }
        }
    }

    fn keep_pid_file(&mut self, detached: &mut Detached) {
        let missing = !self.gave_up_pid_file
            && detached
                .pid_file
                .as_ref()
                .is_some_and(|file| !file.is_current());
        if !missing {
            return;
        }
        // The folder may be another one by now.
        let place = within_reach(detached)
            .and_then(|()| Place::of(&detached.settings.pid_file, Rule::PidFile));
        match place.and_then(|place| PidFile::write(place, std::process::id())) {
            Ok(file) => {
                log::warn!(target: "daemon", "the pid file was removed and is there again");
                detached.pid_file = Some(file);
                watch(detached);
            }
            Err(error) => {
                log::error!(target: "daemon", "the pid file was removed, and stays so: {error}");
                self.gave_up_pid_file = true;
            }
        }
    }
}

/// Where the daemon has a root of its own, the path of a file outside is another file's.
fn within_reach(detached: &Detached) -> Result<(), Error> {
    match detached.outside {
        None => Ok(()),
        Some(_) => Err(Error::NotAllowed("it is outside of the chroot".to_owned())),
    }
}

/// Has the loop woken when one of the files is removed.
pub(crate) fn watch(detached: &Detached) {
    // Where that cannot be mended nobody needs to hear of it at once.
    if within_reach(detached).is_err() {
        return;
    }
    let lock = Named::new(detached.lock.path(), detached.lock.file());
    let path = &detached.settings.pid_file;
    let pid_file = detached.pid_file.as_ref();
    let pid_file = pid_file.map(|pid_file| Named::new(path, pid_file.file()));
    watch::begin([lock].into_iter().chain(pid_file).collect());
}

/// Makes the lock file anew, takes its lock, and goes on with the state page in it.
fn renew_lock(detached: &mut Detached) -> Result<(), Error> {
    within_reach(detached)?;
    let lock = LockFile::create(&detached.settings.lock_file)?;
    if !lock.take()? {
        return Err(Error::AlreadyRunning(lock.holder()?.pid()));
    }
    let page = detached.page.move_to(lock.file());
    detached.page = page.map_err(|e| Error::at("write the state page", lock.path(), e))?;
    detached.lock = lock;
    // Whoever had only renamed the file may have put it back meanwhile: then it is the same one, and
    // closing the descriptor that it had before has ended its lock.
    if !detached.lock.take()? {
        return Err(Error::AlreadyRunning(detached.lock.holder()?.pid()));
    }
    watch(detached);
    log::warn!(target: "daemon", "the lock file was removed and is there again");
    Ok(())
}
