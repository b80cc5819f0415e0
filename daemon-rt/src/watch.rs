//! Hears at once when the lock file or the pid file loses its name, `inotify(7)`: the loop may
//! sleep for hours, and without the lock's name a second daemon could start meanwhile.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

static WATCH: OnceLock<Inotify> = OnceLock::new();
static TOUCHED: AtomicBool = AtomicBool::new(false);

/// Watches `file`, by its inode and not by a name. In the daemon. Without inotify, as where its
/// limit is reached, the files are still looked at between two turns.
pub(crate) fn add(file: &File) {
    if WATCH.get().is_none()
        && let Ok(new) = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)
    {
        let _ = WATCH.set(new);
    }
    // IN_ATTRIB comes when a name goes, since the number of names changes.
    let wanted = AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    if let Some(watch) = WATCH.get() {
        let _ = watch.add_watch(path.as_str(), wanted);
    }
}

/// The descriptor to wait on, if there is one.
pub(crate) fn descriptor() -> Option<BorrowedFd<'static>> {
    WATCH.get().map(AsFd::as_fd)
}

/// Notes that the descriptor was readable, and makes it quiet again.
pub(crate) fn hear() {
    // A file has no names to tell, so an event has 16 bytes; what does not fit is read next time.
    let mut events = [0; 512];
    if let Some(watch) = WATCH.get()
        && nix::unistd::read(watch, &mut events).is_ok()
    {
        TOUCHED.store(true, Ordering::Relaxed);
    }
}

/// Whether something happened to a file that was not looked after yet.
pub(crate) fn is_touched() -> bool {
    TOUCHED.load(Ordering::Relaxed)
}

/// The same, and from now on it was.
pub(crate) fn take_touched() -> bool {
    is_touched() && TOUCHED.swap(false, Ordering::Relaxed)
}
