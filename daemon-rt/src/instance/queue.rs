//! The verb lock: an `flock(2)` on the lock file, for which verbs that change something queue.

use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use super::lock::LockFile;
use crate::error::Error;
use crate::os::console::complain;
use crate::os::proc::{self, LockKind};
use crate::os::sys;

/// The time after which a waiting verb prints the process that it waits for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The reason to take the verb lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Waits for every other verb.
    Change,
    /// Goes on without the lock if no verb holds it. The verb `run` holds it until it is ready,
    /// which may never be. The daemon itself could keep it.
    Stop,
}

impl LockFile {
    /// Waits until no other verb runs, and keeps others waiting until this file is closed. After a
    /// while it reports for whom it waits. If the file was replaced meanwhile, the new file counts.
    /// A file that was only removed is restored by the daemon that holds it.
    ///
    /// # Errors
    /// `ErrorKind::TimedOut` after `limit`, with the process that holds the verb lock.
    pub(crate) fn hold(
        &mut self,
        name: &str,
        purpose: Purpose,
        limit: Duration,
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let mut has_reported = false;
        let mut pause = Duration::from_millis(1);
        loop {
            match sys::flock(self.file().as_fd(), libc::LOCK_EX | libc::LOCK_NB) {
                Ok(()) if !self.is_replaced() => return Ok(()),
                Ok(()) => *self = Self::create(self.path())?,
                Err(Errno::EWOULDBLOCK | Errno::EINTR) => {}
                Err(errno) => return Err(Error::at("lock", self.path(), errno)),
            }
            let is_over = begin.elapsed() >= limit;
            if purpose == Purpose::Stop && self.is_held_by_no_verb(is_over) {
                return Ok(());
            }
            if is_over {
                let who = self.verb_at_work();
                return Err(Error::timed_out(format!(
                    "gave up after {limit:?}: {who} is still running; run this verb again when it has ended"
                )));
            }
            if !has_reported && begin.elapsed() >= PATIENCE {
                has_reported = true;
                complain(name, format_args!("waiting for {}", self.verb_at_work()));
            }
            // flock has no time-out, and the signal of a timer would belong to the user's code.
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Whether no holder of the verb lock is a verb. A holder that cannot be seen may be one in
    /// another PID namespace, or one that left the lock to a child. It counts until the time is
    /// over.
    fn is_held_by_no_verb(&self, is_over: bool) -> bool {
        let (Ok(daemon), Ok(file)) = (self.holder_now(), self.file().metadata()) else {
            return false;
        };
        let mut seen = self
            .flock_holders()
            .into_iter()
            .filter_map(|pid| Some((pid, proc::users(pid)?)))
            .peekable();
        // Only the owner of the file could open it as a verb; the daemon may have become another
        // user. The real uid of a setuid program counts as well: its caller could make it keep the
        // lock.
        let may_be_verb = |user| user == 0 || user == file.uid();
        let is_other = |(pid, users): (i32, [u32; 2])| {
            daemon.pid() == Some(pid) || !users.into_iter().all(may_be_verb)
        };
        (is_over || seen.peek().is_some()) && seen.all(is_other)
    }

    /// Returns the processes that took the verb lock, as far as they can be seen.
    fn flock_holders(&self) -> Vec<i32> {
        let locks = proc::locks_of(self.file()).unwrap_or_default();
        let locks = locks.iter().filter(|lock| lock.kind == LockKind::Flock);
        locks.map(|lock| lock.pid).collect()
    }

    fn verb_at_work(&self) -> String {
        let holders = self.flock_holders();
        holders.first().map_or_else(
            || "another verb".to_owned(),
            |pid| format!("pid {pid} ({})", proc::command_line(*pid)),
        )
    }

    /// Returns whether a verb holds the verb lock, in the daemon.
    pub(crate) fn has_verb(&self) -> bool {
        match sys::flock(self.file().as_fd(), libc::LOCK_EX | libc::LOCK_NB) {
            Ok(()) => {
                // A verb that has met it tries again.
                let _ = self.release_verb();
                false
            }
            Err(_) => true,
        }
    }

    /// Releases the verb lock, in the daemon, which keeps the file open.
    pub(crate) fn release_verb(&self) -> Result<(), Error> {
        sys::flock(self.file().as_fd(), libc::LOCK_UN)
            .map_err(|e| Error::at("unlock", self.path(), e))
    }
}
