//! Hears at once when the lock file or the pid file loses its name: the loop may sleep for hours,
//! and without the lock's name a second daemon could start meanwhile.
//!
//! By `F_NOTIFY` of `fcntl(2)`, which tells of the folder by a signal, and not by `inotify(7)`: a
//! process that has an inotify descriptor is not gone before the kernel has freed its watches,
//! which takes some 10 ms of every stop. A folder tells of other files, too, so a signal is no news
//! before the look. Where others make files all the time, as in `/tmp`, they must not keep the
//! daemon awake: the kernel tells once, and is asked again with the next look.

use std::cell::RefCell;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{AccessFlags, eaccess};

use crate::error::is_missing;
use crate::os::proc;
use crate::os::sys;
use crate::os::sys::arrivals;

/// How long after a look the next one comes, at least.
const PAUSE: Duration = Duration::from_millis(100);

/// The same while something is missed.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// What the loop's thread watches.
struct Watch {
    files: Vec<Named>,
    /// The kernel tells of it as long as it is open.
    folder: Option<OwnedFd>,
    next_look: Instant,
    /// What the last look found, and nobody has taken yet.
    is_touched: bool,
}

/// A file by its name, and which one that is.
#[derive(Debug)]
pub(crate) struct Named {
    path: PathBuf,
    file: Option<(u64, u64)>,
    /// Whether the loop knows that it is gone.
    is_missed: bool,
}

thread_local! {
    /// Not dropped: the process ends before its thread does, and to register a drop costs pages.
    static WATCH: RefCell<ManuallyDrop<Option<Watch>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

impl Named {
    pub(crate) fn new(path: &Path, file: &File) -> Self {
        Self {
            path: path.to_owned(),
            file: file.metadata().ok().map(|file| (file.dev(), file.ino())),
            is_missed: false,
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        match std::fs::symlink_metadata(&self.path) {
            Ok(there) => Some((there.dev(), there.ino())) == self.file,
            // It may be there, and only the way be barred.
            Err(error) => !is_missing(&error),
        }
    }

    /// Whether the loop has to know: it is gone, or there again, or worth another try. A wait that is
    /// cut short for nothing would be so every second.
    fn is_news(&self) -> bool {
        let is_there = self.is_there();
        is_there == self.is_missed || (!is_there && self.is_worth_a_try())
    }

    /// Nothing is opened for that: with the descriptor the daemon's lock might go, too.
    fn is_worth_a_try(&self) -> bool {
        let may_write = |path: &Path| eaccess(path, AccessFlags::W_OK).is_ok();
        if std::fs::symlink_metadata(&self.path).is_err() {
            return self.path.parent().is_some_and(may_write);
        }
        let is_locked = || matches!(proc::record_lock_holder(&self.path), Ok(Some(_)));
        may_write(&self.path) || is_locked()
    }
}

impl Watch {
    fn look(&mut self) -> bool {
        let now = Instant::now();
        if self.is_touched || now < self.next_look {
            return self.is_touched;
        }
        let misses = self.files.iter().any(|named| named.is_missed);
        self.next_look = now + if misses { LONG_PAUSE } else { PAUSE };
        // In this order: what happens after the look is told again.
        arrivals::take_suspicion();
        if let Some(folder) = &self.folder
            && sys::tell_of_folder(folder.as_fd()).is_err()
        {
            self.folder = None;
        }
        self.is_touched = self.files.iter().any(Named::is_news);
        if self.is_touched || misses {
            arrivals::suspect_folder();
        }
        self.is_touched
    }
}

/// Watches `files`, which are in one folder, instead of what it watched before. On the loop's
/// thread. Where the kernel tells of no folder, the files are still looked at between two turns.
pub(crate) fn begin(files: Vec<Named>) {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let parent = files.first().and_then(|named| named.path.parent());
    let watch = Watch {
        folder: parent.and_then(|parent| open(parent, flags, Mode::empty()).ok()),
        files,
        next_look: Instant::now(),
        is_touched: false,
    };
    drop(ManuallyDrop::into_inner(
        WATCH.replace(ManuallyDrop::new(Some(watch))),
    ));
    // The first look is what makes the kernel tell.
    arrivals::suspect_folder();
}

/// Whether something happened to a file that was not looked after yet. On the loop's thread.
pub(crate) fn is_touched() -> bool {
    // Mostly nobody told of anything, and a turn should cost no more than this.
    arrivals::is_folder_suspect()
        && WATCH.with_borrow_mut(|watch| watch.as_mut().is_some_and(Watch::look))
}

/// The same, and from now on it was. The loop misses what is not there, and tries to put it back.
pub(crate) fn take_touched() -> bool {
    is_touched()
        && WATCH.with_borrow_mut(|watch| {
            watch.as_mut().is_some_and(|watch| {
                for named in &mut watch.files {
                    named.is_missed = !named.is_there();
                }
                std::mem::take(&mut watch.is_touched)
            })
        })
}

/// When to look, if the kernel has told of the folder or something is missed. On the loop's thread.
pub(crate) fn next_look() -> Option<Instant> {
    if !arrivals::is_folder_suspect() {
        return None;
    }
    WATCH.with_borrow(|watch| watch.as_ref().map(|watch| watch.next_look))
}
