//! Notices at once when the lock file or the pid file loses its name.
//!
//! The loop may sleep for hours. Without the name of the lock a second daemon could start
//! meanwhile.
//!
//! `F_NOTIFY` of `fcntl(2)` reports changes of the directory by a signal. `inotify(7)` would add
//! about 10 ms to every stop, because a process exits only after the kernel has freed its watches.
//!
//! The signal also reports other files of the directory, so each signal leads to a check of ours.
//! In a busy directory such as `/tmp` this must not keep the daemon awake. So the kernel reports
//! one change, and the next check asks for another.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::fcntl::AT_FDCWD;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::AccessFlags;

use crate::instance::lock::{Holder, LockFile};
use crate::os::access::check_access;
use crate::os::file_id::{FileId, Found};
use crate::os::known_file::KnownFile;
use crate::os::sys;
use crate::os::sys::arrivals;

/// The minimum time between two checks.
const PAUSE: Duration = Duration::from_millis(100);

/// The minimum time between two checks while a file is missing.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// The files that the loop's thread watches.
struct Watch {
    files: Vec<WatchedFile>,
    /// The directory of the files. The kernel reports its changes as long as it is open.
    directory: Option<KnownFile>,
    lock: Arc<KnownFile>,
    /// The number of the daemon, which holds the record lock.
    own: i32,
    /// True if the loop knows that the record lock is lost.
    misses_lock: bool,
    next_look: Instant,
    /// True if the last check found a change that has not been handled.
    has_changes: bool,
}

/// A path, and the identity of the file that it must lead to.
#[derive(Debug)]
pub(crate) struct WatchedFile {
    path: PathBuf,
    file: FileId,
    /// True if the loop knows that the file is missing.
    is_missed: bool,
}

thread_local! {
    /// The value is never dropped. The process ends first, and registering a destructor costs
    /// pages.
    static WATCH: RefCell<ManuallyDrop<Option<Watch>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

impl WatchedFile {
    /// Watches `path`, which leads to `file` now.
    pub(crate) fn new(path: &Path, file: FileId) -> Self {
        Self {
            path: path.to_owned(),
            file,
            is_missed: false,
        }
    }

    /// Reports whether the path still leads to the file.
    fn is_there(&self) -> bool {
        self.file.find_at(&self.path) == Found::This
    }

    /// Reports whether the loop must act: the file is missing, or back, or its repair may succeed
    /// now.
    ///
    /// Otherwise a missing file would end a wait every second without result.
    fn is_news(&self) -> bool {
        let is_there = self.is_there();
        is_there == self.is_missed || (!is_there && self.is_repairable())
    }

    /// Reports whether a repair may succeed.
    ///
    /// Does not open the file, because closing the descriptor could release the daemon's lock.
    fn is_repairable(&self) -> bool {
        let may_write = |path: &Path| check_access(AT_FDCWD, path, AccessFlags::W_OK).is_ok();
        if std::fs::symlink_metadata(&self.path).is_err() {
            return self.path.parent().is_some_and(may_write);
        }
        let is_locked = || LockFile::look(&self.path).is_ok_and(|it| it != Holder::Nobody);
        may_write(&self.path) || is_locked()
    }
}

impl Watch {
    fn has_lost_lock(&mut self) -> bool {
        let is_held = LockFile::is_named(&self.lock, self.own);
        self.misses_lock &= !is_held;
        !is_held && !self.misses_lock
    }

    /// Checks the files if the time for it has come, and reports whether there are changes.
    fn look(&mut self) -> bool {
        let now = Instant::now();
        if self.has_changes || now < self.next_look {
            return self.has_changes;
        }
        let misses = self.files.iter().any(|named| named.is_missed);
        self.next_look = now + if misses { LONG_PAUSE } else { PAUSE };
        // The order matters: the kernel then reports a change that comes after the check.
        arrivals::take_suspicion();
        if let Some(directory) = &self.directory
            && sys::watch_directory(directory.as_fd()).is_err()
        {
            self.directory = None;
        }
        self.has_changes = self.files.iter().any(WatchedFile::is_news) || self.has_lost_lock();
        if self.has_changes || misses {
            arrivals::suspect_directory();
        }
        self.has_changes
    }
}

/// Watches `files`, which are in the directory of the first one, instead of the previous ones, and
/// the record lock of this process on `lock`.
///
/// Must be called on the loop's thread. If the kernel cannot report changes of the directory, the
/// files are checked after each SIGCHLD.
pub(crate) fn begin_watching(files: Vec<WatchedFile>, lock: Arc<KnownFile>) {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let parent = files.first().and_then(|named| named.path.parent());
    let watch = Watch {
        directory: parent.and_then(|parent| {
            let directory = open(parent, flags, Mode::empty()).ok()?;
            KnownFile::new(directory).ok()
        }),
        lock,
        own: std::process::id().cast_signed(),
        misses_lock: false,
        files,
        next_look: Instant::now(),
        has_changes: false,
    };
    drop(ManuallyDrop::into_inner(
        WATCH.replace(ManuallyDrop::new(Some(watch))),
    ));
    // The first check registers the directory with the kernel.
    arrivals::suspect_directory();
}

/// Reports whether a watched file changed and the change has not been handled.
///
/// Must be called on the loop's thread.
pub(crate) fn has_changes() -> bool {
    // Usually nothing was reported, and then a turn should cost no more than this.
    arrivals::is_directory_suspect()
        && WATCH.with_borrow_mut(|watch| watch.as_mut().is_some_and(Watch::look))
}

/// Reports whether a watched file changed, and marks the change as handled.
///
/// From now on the loop knows which files are missing, and tries to restore them.
pub(crate) fn take_changes() -> bool {
    has_changes()
        && WATCH.with_borrow_mut(|watch| {
            watch.as_mut().is_some_and(|watch| {
                for named in &mut watch.files {
                    named.is_missed = !named.is_there();
                }
                watch.misses_lock = !LockFile::is_named(&watch.lock, watch.own);
                std::mem::take(&mut watch.has_changes)
            })
        })
}

/// Reports whether code of this process has ended the record lock, which the loop does not know
/// yet. Asked before each wait, since nothing wakes the loop when the lock is lost.
///
/// Must be called on the loop's thread.
pub(crate) fn has_lost_lock() -> bool {
    WATCH.with_borrow_mut(|watch| {
        let watch = watch.as_mut();
        watch.is_some_and(|watch| {
            let is_lost = watch.has_lost_lock();
            if is_lost {
                watch.has_changes = true;
                arrivals::suspect_directory();
            }
            is_lost
        })
    })
}

/// Returns the time of the next check, if the kernel has reported a change or a file is missing.
///
/// Must be called on the loop's thread.
pub(crate) fn next_check() -> Option<Instant> {
    if !arrivals::is_directory_suspect() {
        return None;
    }
    WATCH.with_borrow(|watch| watch.as_ref().map(|watch| watch.next_look))
}
