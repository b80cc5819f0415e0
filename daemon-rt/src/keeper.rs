//! Puts back what somebody removed while the daemon runs: the lock file and the pid file.

use std::time::{Duration, Instant};

use crate::detach::Detached;
use crate::error::Error;
use crate::lock::LockFile;
use crate::logger;
use crate::pid_file::PidFile;

/// How often it is looked, at most.
const PERIOD: Duration = Duration::from_secs(1);

/// When it was looked last, and what cannot be mended and was told.
#[derive(Debug)]
pub(crate) struct Keeper {
    next: Instant,
    gave_up: bool,
}

impl Keeper {
    pub(crate) fn new() -> Self {
        Self {
            next: Instant::now() + PERIOD,
            gave_up: false,
        }
    }

    /// At each turn: looks, at most once a second. True: the lock file is a new one.
    ///
    /// # Errors
    /// Another daemon holds the lock file that was made in place of ours: one of the two must go,
    /// and the verbs only reach the other.
    pub(crate) fn tick(&mut self, detached: &mut Detached) -> Result<bool, Error> {
        let now = Instant::now();
        if now < self.next {
            return Ok(false);
        }
        self.next = now + PERIOD;
        logger::tick();
        if self.gave_up {
            return Ok(false);
        }
        let renewed = !detached.lock.is_current();
        if renewed && let Err(error) = renew_lock(detached) {
            if matches!(error, Error::AlreadyRunning(_)) {
                return Err(error);
            }
            self.give_up(&error);
            return Ok(false);
        }
        let missing = detached
            .pid_file
            .as_ref()
            .is_some_and(|file| !file.is_current());
        if missing {
            match PidFile::write(&detached.settings.pid_file, std::process::id()) {
                Ok(file) => {
                    log::warn!(target: "daemon", "the pid file was removed and is there again");
                    detached.pid_file = Some(file);
                }
                Err(error) => self.give_up(&error),
            }
        }
        Ok(renewed)
    }

    /// Says once that something stays removed: after a privilege drop the folder is root's.
    fn give_up(&mut self, error: &Error) {
        log::error!(target: "daemon", "the lock or pid file was removed, and stays so: {error}");
        self.gave_up = true;
    }
}

/// Makes the lock file anew, takes its lock, and goes on with the state page in it.
fn renew_lock(detached: &mut Detached) -> Result<(), Error> {
    let lock = LockFile::create(&detached.settings.lock_file)?;
    if !lock.take()? {
        return Err(Error::AlreadyRunning(lock.holder()?.pid()));
    }
    let page = detached.page.move_to(lock.file());
    detached.page = page.map_err(|e| Error::at("write the state page", lock.path(), e))?;
    detached.lock = lock;
    log::warn!(target: "daemon", "the lock file was removed and is there again");
    Ok(())
}
