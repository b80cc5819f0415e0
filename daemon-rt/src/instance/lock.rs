//! The lock file: identifies the running daemon, and the verb that is changing it.
//!
//! `NAME.pid.lock` carries independent locks. The daemon holds two of them, `fcntl_locking(2)`:
//!
//! * A record lock on the first byte names the holder. The kernel releases it when the holder dies;
//!   a zombie holds no lock. Children do not inherit it. But a process loses it when any of its code
//!   closes *any* descriptor of the file, which an `exec` may do.
//! * A lock of an open file description on the second byte excludes other daemons. Only a mapping
//!   keeps that description, so nothing but the end of the daemon's memory releases it.
//!
//! An upgrade ends that memory. A third lock, on the third byte, stands in for the second one while
//! another program takes over, see [`LockFile::carry`].
//!
//! The daemon takes a lost record lock again, see [`LockFile::regain_name`].
//!
//! A verb that changes something holds an `flock(2)` while it works. The file is never removed,
//! because removing a lock is a race.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;

use crate::error::Error;
use crate::instance::pid_file::read_for_message;
use crate::os::file_id::{FileId, Found};
use crate::os::file_lock::ByteLock;
use crate::os::known_file::KnownFile;
use crate::os::proc::{self, HeldLock, LockKind};
use crate::os::sys::Anchor;
use crate::trust::{Place, Rule, set_mode};

/// The time that a daemon has to take a lost record lock again, and the pause between two requests.
const SETTLING: Duration = Duration::from_secs(2);
const KNOCKS: Duration = Duration::from_millis(100);

/// The lock that names the daemon.
const NAME: ByteLock = ByteLock::of_process(0);

/// The lock that excludes other daemons.
pub(super) const EXCLUSION: ByteLock = ByteLock::of_description(1);

/// The lock that excludes other daemons while the process executes another program.
pub(super) const CARRIED: ByteLock = ByteLock::of_description(2);

/// Both locks that exclude other daemons.
const BOTH: ByteLock = EXCLUSION.and_next();

/// The holder of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Both locks are free, so no daemon runs.
    Nobody,
    /// The process with this id.
    Process(i32),
    /// A process of another PID namespace, which has no id here.
    Elsewhere,
    /// A daemon that has lost its record lock, so that the kernel does not name it.
    Unnamed,
}

impl Holder {
    /// Returns the holder's process id, if it has one in this PID namespace.
    pub(crate) fn pid(self) -> Option<i32> {
        match self {
            Self::Process(pid) => Some(pid),
            Self::Nobody | Self::Elsewhere | Self::Unnamed => None,
        }
    }
}

/// The open lock file.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: Arc<KnownFile>,
    pub(super) site: Site,
    /// Whether this process sees the file on a read-only file system.
    is_read_only: bool,
    /// Holds [`EXCLUSION`], in the daemon.
    pub(super) anchor: Option<Anchor>,
    /// Holds [`CARRIED`] in place of that lock.
    pub(super) is_carried: bool,
}

/// The location of the lock file.
#[derive(Debug)]
pub(super) enum Site {
    /// At a path.
    Named(Place),
    /// At a path that leads elsewhere in the root of this process. Only the link count is known.
    Outside(PathBuf),
    /// At a path that led elsewhere when another program took over the file.
    Lost(PathBuf),
    /// Without a name, which it therefore cannot lose. The path is the one that was intended.
    Nowhere(PathBuf),
}

impl LockFile {
    pub(super) const STEP: &str = "open the lock file";

    /// Opens the lock file, or creates it. Only its owner can read it.
    ///
    /// Only a write lock identifies a daemon. But another user with read access could keep a daemon
    /// from starting by a read lock.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        Self::create_at(Self::place(path)?)
    }

    /// Creates a file without a name, `memfd_create(2)`, for a daemon that has no lock at `path`.
    ///
    /// Verbs cannot find it.
    pub(crate) fn anonymous(path: &Path) -> Result<Self, Error> {
        let failed = |errno| Error::step("make the state page", errno);
        let file = memfd_create(c"lock", MFdFlags::MFD_CLOEXEC).map_err(failed)?;
        let file = KnownFile::new(file).map_err(failed)?;
        Ok(Self::new(file, Site::Nowhere(path.to_owned())))
    }

    pub(super) fn new(file: KnownFile, site: Site) -> Self {
        Self {
            file: Arc::new(file),
            site,
            is_read_only: false,
            anchor: None,
            is_carried: false,
        }
    }

    /// Opens the lock file if it exists. On a read-only file system it opens the file for reading.
    /// That suffices to query the locks, to take the verb lock and to read the state page.
    pub(crate) fn open_existing(path: &Path) -> Result<Option<Self>, Error> {
        if_found(Self::place(path).and_then(Self::open_at)).map(Option::flatten)
    }

    /// Opens the lock file at a place, as [`LockFile::open_existing`].
    pub(crate) fn open_at(place: Place) -> Result<Option<Self>, Error> {
        let opened = if_found(Self::open(place, OFlag::empty()))?;
        Ok(opened.map(|(lock, _)| lock))
    }

    /// Walks to the directory of the lock file.
    pub(crate) fn place(path: &Path) -> Result<Place, Error> {
        Place::of(path, Rule::PidFile)
    }

    /// Returns the holder of the locks of the lock file at `path`. A missing file has none. A file
    /// that another user could have planted is not opened, and its holder is only good for a
    /// message. Not for the daemon, whose record lock this could end.
    ///
    /// # Errors
    /// The file cannot be examined, or nothing is known of its locks.
    pub(crate) fn holder_at(path: &Path) -> Result<Holder, Error> {
        match Self::open_existing(path) {
            Ok(lock) => lock.map_or(Ok(Holder::Nobody), |lock| lock.holder()),
            Err(error) if error.is_forbidden() => match Self::look(path) {
                Err(error) if error.is_system(io::ErrorKind::NotFound) => Ok(Holder::Nobody),
                holder => holder,
            },
            Err(error) => Err(error),
        }
    }

    /// Returns the holder of the locks of `path`, which this process may not open.
    ///
    /// # Errors
    /// The path cannot be examined, or nothing is known of its locks.
    pub(crate) fn look(path: &Path) -> Result<Holder, Error> {
        let end = Instant::now() + SETTLING;
        loop {
            match Self::look_now(path)? {
                Holder::Unnamed if Instant::now() < end => {}
                holder => return Ok(holder),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn look_now(path: &Path) -> Result<Holder, Error> {
        // Closing a descriptor with O_PATH ends no lock of this process.
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file =
            open(path, flags, Mode::empty()).map_err(|errno| Error::at("look at", path, errno))?;
        let locks = proc::locks_of(&file.into())?;
        let find = |kind, starts: &[u64]| {
            let is_it = |lock: &&HeldLock| lock.kind == kind && starts.contains(&lock.start);
            locks.iter().find(|lock| lock.is_exclusive && is_it(lock))
        };
        Ok(match find(LockKind::Record, &[0]) {
            Some(name) if name.pid > 0 => Holder::Process(name.pid),
            Some(_) => Holder::Elsewhere,
            None if find(LockKind::Description, &[1, 2]).is_some() => Holder::Unnamed,
            None => Holder::Nobody,
        })
    }

    /// Opens the file again, in the directory to which the caller has walked.
    pub(crate) fn create_at(place: Place) -> Result<Self, Error> {
        let (lock, mode) = Self::open(place, OFlag::O_CREAT)?;
        if mode & 0o7777 != 0o600 {
            set_mode(&lock.file, 0o600)
                .map_err(|source| Error::at(Self::STEP, lock.path(), source))?;
        }
        Ok(lock)
    }

    /// Returns the place of the file, for the other side of a fork, without closing the descriptor.
    pub(crate) fn leave(self) -> Option<Place> {
        std::mem::forget(self.file);
        match self.site {
            Site::Named(place) => Some(place),
            Site::Outside(_) | Site::Lost(_) | Site::Nowhere(_) => None,
        }
    }

    /// Opens the file, and returns it with its mode.
    fn open(place: Place, flags: OFlag) -> Result<(Self, u32), Error> {
        let opened = place.open_stat(Self::STEP, OFlag::O_RDWR | flags, 0o600);
        let is_read_only = flags.is_empty() && opened.as_ref().is_err_and(is_read_only);
        let (file, stat) = if is_read_only {
            place.open_stat(Self::STEP, OFlag::O_RDONLY, 0)?
        } else {
            opened?
        };
        let file = KnownFile::with_stat(file, &stat);
        let lock = Self {
            is_read_only,
            ..Self::new(file, Site::Named(place))
        };
        Ok((lock, stat.st_mode))
    }

    /// Fails if this process can only read the file.
    pub(crate) fn refuse_read_only(&self) -> Result<(), Error> {
        if self.is_read_only {
            return Err(Error::at("write to", self.path(), Errno::EROFS));
        }
        Ok(())
    }

    /// Returns the open file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the open file for another owner.
    pub(crate) fn share(&self) -> Arc<KnownFile> {
        Arc::clone(&self.file)
    }

    /// Returns the identity of the file.
    pub(crate) fn id(&self) -> FileId {
        self.file.id()
    }

    /// Returns the path of the file, as it is outside of the daemon's root.
    pub(crate) fn path(&self) -> &Path {
        match &self.site {
            Site::Named(place) => place.path(),
            Site::Outside(path) | Site::Lost(path) | Site::Nowhere(path) => path,
        }
    }

    /// Returns the place of `path` if it is in the directory of this file, to which the way is
    /// walked.
    pub(crate) fn neighbour(&self, path: &Path) -> Option<Place> {
        let Site::Named(place) = &self.site else {
            return None;
        };
        let name = path.file_name()?;
        (path.parent() == place.path().parent()).then(|| place.beside(name.to_owned()))
    }

    /// Returns the place of the pid file, in the directory of this file if it is there.
    pub(crate) fn pid_file_place(&self, pid_file: &Path) -> Result<Place, Error> {
        let place = self.neighbour(pid_file);
        place.map_or_else(|| Place::of(pid_file, Rule::PidFile), Ok)
    }

    /// Asks the kernel who holds the locks.
    ///
    /// A daemon that has lost its record lock takes it again when its loop wakes, so this wakes it.
    /// While a hook keeps the loop from that, the mapping that keeps the other lock still shows the
    /// process. Waits for a while before it returns [`Holder::Unnamed`].
    pub(crate) fn holder(&self) -> Result<Holder, Error> {
        let end = Instant::now() + SETTLING;
        let (mut next_knock, mut has_knocked) = (Instant::now(), false);
        loop {
            let now = Instant::now();
            match self.holder_now()? {
                Holder::Unnamed if now < end => {}
                holder => return Ok(holder),
            }
            if now >= next_knock {
                if has_knocked && let [pid] = proc::anchors_of(&self.file)[..] {
                    return Ok(Holder::Process(pid));
                }
                // The daemon watches the directory, which reports a new mode even if it is the old
                // one. Where that fails, the loop may still wake for another reason.
                let _ = set_mode(&self.file, 0o600);
                (next_knock, has_knocked) = (now + KNOCKS, true);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Asks the kernel who holds the locks at this moment. Between the two steps of a start or an
    /// exit the holder has no name.
    pub(crate) fn holder_now(&self) -> Result<Holder, Error> {
        let query = |lock: ByteLock| {
            let holder = lock.holder(self.file());
            holder.map_err(|errno| Error::at("query the lock", self.path(), errno))
        };
        Ok(match query(NAME)? {
            Some(pid) if pid > 0 => Holder::Process(pid),
            // The kernel has no number for the holder in this PID namespace.
            Some(_) => Holder::Elsewhere,
            None if query(BOTH)?.is_none() => Holder::Nobody,
            None => Holder::Unnamed,
        })
    }

    /// Returns the error for a holder that nothing names. The pid file is only good for a hint.
    pub(crate) fn unnamed(lock_file: &Path, pid_file: &Path) -> Error {
        let pid: Option<i32> = read_for_message(pid_file).parse().ok();
        let hint = match pid.map(|pid| (pid, proc::command_line(pid))) {
            Some((pid, command)) if command.is_empty() => format!("; the pid file says {pid}"),
            Some((pid, command)) => format!("; the pid file says {pid} ({command})"),
            None => String::new(),
        };
        Error::unknown(format!(
            "a daemon holds {}, but it is not visible which one: it has lost its record lock, or runs \
             in another PID namespace{hint}; run this verb as root in the daemon's PID namespace",
            lock_file.display()
        ))
    }

    /// Takes both locks for the life of the process, and calls `prepare` between the two. Returns
    /// `None` if another process holds one.
    ///
    /// # Errors
    /// The path leads to another file by now; the kernel refuses; `prepare` fails.
    pub(crate) fn take<T>(
        &mut self,
        prepare: impl FnOnce(&File) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        // In this order: the descriptor that this closes would end the record lock.
        if self.anchor.is_none() && !self.exclude()? {
            return Ok(None);
        }
        let prepared = prepare(self.file())?;
        let named = self.take_name()?;
        if !named {
            self.anchor = None;
        }
        Ok(named.then_some(prepared))
    }

    /// Takes the lock that excludes other daemons, through an open file description of its own.
    fn exclude(&mut self) -> Result<bool, Error> {
        let Site::Named(place) = &self.site else {
            // No other process can open a file without a name.
            return Ok(true);
        };
        let file = place.open(Self::STEP, OFlag::O_RDWR, 0)?;
        if FileId::of(&file) != Some(self.id()) {
            return Err(self.replaced());
        }
        let failed = |errno| Error::at("take the lock", self.path(), errno);
        // A daemon between two programs holds only the other lock.
        let taken = BOTH.try_take(&file).map_err(failed)?;
        if taken {
            CARRIED.release(&file);
            self.anchor = Some(Anchor::new(&file).map_err(failed)?);
        }
        Ok(taken)
    }

    pub(super) fn take_name(&self) -> Result<bool, Error> {
        let taken = NAME.try_take(self.file());
        taken.map_err(|errno| Error::at("take the lock", self.path(), errno))
    }

    /// Returns whether this process, the daemon with this number, still has the record lock.
    pub(crate) fn is_named(file: &KnownFile, own: i32) -> bool {
        matches!(NAME.holder(&**file), Ok(Some(pid)) if pid == own)
    }

    /// Takes the record lock again if code of this process has lost it. Returns whether it had.
    ///
    /// # Errors
    /// The descriptor was closed and the file cannot be opened again, as after a privilege drop.
    pub(crate) fn regain_name(&mut self, own: i32) -> Result<bool, Error> {
        if Self::is_named(&self.file, own) {
            return Ok(false);
        }
        if !self.file.is_open() {
            let again = Self::open_existing(self.path())?.filter(|again| again.id() == self.id());
            let gone = || {
                Error::other(
                    "its descriptor was closed, and the path leads elsewhere; start the daemon again",
                )
            };
            self.file = again.ok_or_else(gone)?.file;
        }
        if self.take_name()? {
            Ok(true)
        } else {
            Err(Error::other("another process has locked it; see `lslocks`"))
        }
    }

    /// Returns the error for a path that leads to another file than the one that was opened.
    pub(crate) fn replaced(&self) -> Error {
        let path = self.path().display();
        Error::other(format!(
            "{path} was removed while the daemon started; start it again"
        ))
    }

    /// Reports whether the path still leads to this file.
    ///
    /// A lock on a removed file does not exclude another daemon.
    pub(crate) fn is_current(&self) -> bool {
        match &self.site {
            Site::Named(place) => self.id().find_at(place.path()) == Found::This,
            Site::Outside(_) => self.file.metadata().is_ok_and(|file| file.nlink() > 0),
            Site::Lost(_) => false,
            Site::Nowhere(_) => true,
        }
    }

    /// Reports whether the path leads to another file.
    pub(super) fn is_replaced(&self) -> bool {
        matches!(&self.site, Site::Named(place) if self.id().find_at(place.path()) == Found::Another)
    }

    /// Closes the directory, by which a daemon could leave its new root.
    pub(crate) fn close_directory(&mut self) {
        if let Site::Named(place) = &self.site {
            self.site = Site::Outside(place.path().to_owned());
        }
    }

    /// Waits until `previous` has released the record lock. Without a known pid, waits until it is
    /// free.
    ///
    /// Returns false if the lock is still held after `limit`.
    pub(crate) fn wait_until_free(
        &self,
        previous: Option<i32>,
        limit: Duration,
    ) -> Result<bool, Error> {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.holder_now()? {
                Holder::Nobody => return Ok(true),
                Holder::Process(pid) if previous.is_some_and(|previous| previous != pid) => {
                    return Ok(true);
                }
                _ if left.is_zero() => return Ok(false),
                Holder::Process(pid) => proc::wait_for_end(pid, left),
                // A process without a number cannot be waited for by a descriptor.
                Holder::Elsewhere | Holder::Unnamed => {
                    std::thread::sleep(left.min(Duration::from_millis(2)));
                }
            }
        }
    }
}

/// Returns `None` if a file does not exist.
fn if_found<T>(opened: Result<T, Error>) -> Result<Option<T>, Error> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if error.is_system(io::ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns whether the file system is read-only for this process.
pub(crate) fn is_read_only(error: &Error) -> bool {
    error.is_system(io::ErrorKind::ReadOnlyFilesystem)
}
