//! The lock file: who runs, and who is just changing that.
//!
//! `NAME.pid.lock` carries two locks that know nothing of each other. The daemon holds a POSIX
//! record lock, `fcntl_locking(2)`: it names its holder, dies with it (a zombie holds none), stays
//! over `exec` and is not inherited by children. A verb that changes something holds an `flock(2)`
//! while it works. The file is never removed: to remove a lock is a race.
//!
//! A record lock goes when its process closes *any* descriptor of the file, so the daemon opens it
//! exactly once, after everything inherited is closed.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;

use crate::control::complain;
use crate::error::Error;
use crate::process;
use crate::sys;
use crate::trust::{Place, Rule, set_mode};

/// After this long the person who waits is told for whom.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who holds the record lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody: no daemon runs.
    Nobody,
    /// The process of this id.
    Process(i32),
    /// A process of another PID namespace, which has no id here.
    Elsewhere,
}

impl Holder {
    /// The holder's process id, where it has one here.
    pub(crate) fn pid(self) -> Option<i32> {
        match self {
            Self::Process(pid) => Some(pid),
            Self::Nobody | Self::Elsewhere => None,
        }
    }
}

/// The open lock file.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
    place: Place,
    /// Device and inode.
    id: (u64, u64),
}

impl LockFile {
    const STEP: &str = "open the lock file";

    /// Opens the lock file; makes it where there is none. Readable for its owner alone: only a
    /// write lock counts, but whoever can read it could hold off the daemon with a read lock.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        Self::create_at(Place::of(path, Rule::PidFile)?)
    }

    /// Opens the lock file if there is one.
    pub(crate) fn existing(path: &Path) -> Result<Option<Self>, Error> {
        let opened =
            Place::of(path, Rule::PidFile).and_then(|place| Self::open(place, OFlag::empty()));
        match opened {
            Ok((lock, _)) => Ok(Some(lock)),
            Err(Error::System { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the file anew, in the folder to which the caller has walked.
    pub(crate) fn create_at(place: Place) -> Result<Self, Error> {
        let (lock, mode) = Self::open(place, OFlag::O_CREAT)?;
        if mode & 0o7777 != 0o600 {
            set_mode(&lock.file, 0o600)
                .map_err(|source| Error::at(Self::STEP, lock.path(), source))?;
        }
        Ok(lock)
    }

    /// The place of the file, for the other side of a fork; the descriptor is left to the caller.
    pub(crate) fn leave(self) -> Place {
        std::mem::forget(self.file);
        self.place
    }

    /// The file, and its mode.
    fn open(place: Place, flags: OFlag) -> Result<(Self, u32), Error> {
        let (file, stat) = place.open_stat(Self::STEP, OFlag::O_RDWR | flags, 0o600)?;
        let id = (stat.st_dev, stat.st_ino);
        Ok((Self { file, place, id }, stat.st_mode))
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// The place of the pid file, to whose folder the way has been walked.
    pub(crate) fn beside(&self, pid_file: &Path) -> Result<Place, Error> {
        let name = pid_file
            .file_name()
            .filter(|_| pid_file.parent() == self.path().parent());
        name.map_or_else(
            || Place::of(pid_file, Rule::PidFile),
            |name| Ok(self.place.beside(name.to_owned())),
        )
    }

    /// Asks the kernel who holds the record lock.
    pub(crate) fn holder(&self) -> Result<Holder, Error> {
        // A read lock asked for conflicts with write locks alone.
        let mut lock = record_lock(libc::F_RDLCK);
        fcntl(&self.file, FcntlArg::F_GETLK(&mut lock))
            .map_err(|e| Error::at("ask the lock", self.path(), e))?;
        Ok(match lock.l_pid {
            _ if i32::from(lock.l_type) == libc::F_UNLCK => Holder::Nobody,
            pid if pid > 0 => Holder::Process(pid),
            // The kernel has no number for the holder in this PID namespace.
            _ => Holder::Elsewhere,
        })
    }

    /// Takes the record lock, for the life of the process. False: somebody else holds it.
    pub(crate) fn take(&self) -> Result<bool, Error> {
        match fcntl(&self.file, FcntlArg::F_SETLK(&record_lock(libc::F_WRLCK))) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(errno) => Err(Error::at("take the lock", self.path(), errno)),
        }
    }

    /// Whether the path still names this file: a lock on a removed file excludes nobody.
    pub(crate) fn is_current(&self) -> bool {
        let there = std::fs::symlink_metadata(self.path());
        there.is_ok_and(|there| (there.dev(), there.ino()) == self.id)
    }

    /// Waits until no other verb is at work, and keeps others waiting until this file is closed.
    /// Says behind whom it waits when that takes a while.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after `limit`, naming who is at work.
    pub(crate) fn hold_for_verb(&self, name: &str, limit: Duration) -> Result<(), Error> {
        let begin = Instant::now();
        let mut told = false;
        let mut pause = Duration::from_millis(1);
        loop {
            match sys::flock(self.file.as_fd(), libc::LOCK_EX | libc::LOCK_NB) {
                Ok(()) => return Ok(()),
                Err(Errno::EWOULDBLOCK | Errno::EINTR) => {}
                Err(errno) => return Err(Error::at("lock", self.path(), errno)),
            }
            if begin.elapsed() >= limit {
                let who = self.verb_at_work();
                return Err(Error::TimedOut(format!(
                    "gave up after {limit:?}: {who} is still at work"
                )));
            }
            if !told && begin.elapsed() >= PATIENCE {
                told = true;
                complain(name, format_args!("waiting for {}", self.verb_at_work()));
            }
            // Polled, since flock has no time-out of its own and a timer signal would be the user's.
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    fn verb_at_work(&self) -> String {
        process::flock_holder(&self.file).map_or_else(
            || "another verb".to_owned(),
            |pid| format!("pid {pid} ({})", process::command_line(pid)),
        )
    }

    /// Waits until nobody holds the record lock. False: somebody still does after `limit`.
    pub(crate) fn wait_until_free(&self, limit: Duration) -> Result<bool, Error> {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.holder()? {
                Holder::Nobody => return Ok(true),
                _ if left.is_zero() => return Ok(false),
                Holder::Process(pid) => process::wait_for_end(pid, left),
                // No descriptor stands for a process of another namespace.
                Holder::Elsewhere => std::thread::sleep(left.min(Duration::from_millis(20))),
            }
        }
    }

    /// Lets the next verb go on, in the process that keeps the file open as the daemon.
    pub(crate) fn release_verb(&self) -> Result<(), Error> {
        sys::flock(self.file.as_fd(), libc::LOCK_UN)
            .map_err(|e| Error::at("unlock", self.path(), e))
    }
}

/// A record lock on the whole file, whatever its length.
pub(crate) fn record_lock(kind: i32) -> libc::flock {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "constants of fcntl.h that fit the C struct"
    )]
    let (l_type, l_whence) = (kind as libc::c_short, libc::SEEK_SET as libc::c_short);
    libc::flock {
        l_type,
        l_whence,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}
