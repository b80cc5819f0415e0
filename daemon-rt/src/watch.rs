//! Hears at once when the lock file or the pid file loses its name: the loop may sleep for hours,
//! and without the lock's name a second daemon could start meanwhile.
//!
//! By `F_NOTIFY` of `fcntl(2)`, which tells of the folder by a signal, and not by `inotify(7)`: a
//! process that has an inotify descriptor is not gone before the kernel has freed its watches,
//! which takes some 10 ms of every stop. A folder tells of other files, too, so a signal is no news
//! before the look.

use std::cell::RefCell;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::sys;

/// Whether the kernel told of the folder since the last look.
static TOLD: AtomicBool = AtomicBool::new(false);

/// What the loop's thread watches.
struct Watch {
    files: Vec<Named>,
    /// The kernel tells of it as long as it is open.
    _folder: Option<OwnedFd>,
}

/// A file by its name, and which one that is.
#[derive(Debug)]
pub(crate) struct Named {
    path: PathBuf,
    file: Option<(u64, u64)>,
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
        }
    }

    fn is_there(&self) -> bool {
        let there = std::fs::symlink_metadata(&self.path);
        there.ok().map(|file| (file.dev(), file.ino())) == self.file
    }
}

/// Watches `files`, which are in one folder, instead of what it watched before. On the loop's
/// thread. Where the kernel tells of no folder, the files are still looked at between two turns.
pub(crate) fn begin(files: Vec<Named>) {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let parent = files.first().and_then(|named| named.path.parent());
    let folder = parent.and_then(|parent| open(parent, flags, Mode::empty()).ok());
    let watch = Watch {
        _folder: folder.filter(|folder| sys::tell_of_folder(folder.as_fd()).is_ok()),
        files,
    };
    drop(ManuallyDrop::into_inner(
        WATCH.replace(ManuallyDrop::new(Some(watch))),
    ));
    // It may have happened before the kernel looked.
    hear();
}

/// Notes that the kernel told of the folder. In signal context, too.
pub(crate) fn hear() {
    TOLD.store(true, Ordering::Relaxed);
}

/// Whether something happened to a file that was not looked after yet. On the loop's thread.
pub(crate) fn is_touched() -> bool {
    // A load first: the swap at every turn would cost more than the rest of it.
    if !TOLD.load(Ordering::Relaxed) || !TOLD.swap(false, Ordering::Acquire) {
        return false;
    }
    let touched = WATCH.with_borrow(|watch| {
        let mut files = watch.iter().flat_map(|watch| &watch.files);
        files.any(|named| !named.is_there())
    });
    if touched {
        hear();
    }
    touched
}

/// The same, and from now on it was.
pub(crate) fn take_touched() -> bool {
    is_touched() && TOLD.swap(false, Ordering::Relaxed)
}
