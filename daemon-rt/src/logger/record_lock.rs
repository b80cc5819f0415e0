//! Record locks, fcntl(2): a process's own, gone with it, and not its children's.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::lock::record_lock;

/// How often a lock on the log is tried, and the time between: a stopped holder must not stop us.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(1);

/// A write lock on the whole file. The process loses it by closing any descriptor of the file.
pub(super) fn try_lock(file: BorrowedFd<'_>) -> nix::Result<()> {
    fcntl(file, FcntlArg::F_SETLK(&record_lock(libc::F_WRLCK))).map(drop)
}

/// A lock on the log, so that its size stays as noted until the batch is written.
#[derive(Debug)]
pub(super) struct LogLock<'a> {
    log: BorrowedFd<'a>,
    held: bool,
}

impl<'a> LogLock<'a> {
    /// Waits for a moment only. Without the lock another process's batch may come in between,
    /// which recovery copes with; a rotation does not, see [`LogLock::is_held`].
    pub(super) fn take(log: BorrowedFd<'a>) -> Self {
        for _ in 0..TRIES {
            match try_lock(log) {
                Err(Errno::EAGAIN | Errno::EACCES) => std::thread::sleep(PAUSE),
                done => {
                    let held = done.is_ok();
                    return Self { log, held };
                }
            }
        }
        Self { log, held: false }
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held
    }
}

impl Drop for LogLock<'_> {
    fn drop(&mut self) {
        // Unlocking what is not locked is no error.
        let _ = fcntl(self.log, FcntlArg::F_SETLK(&record_lock(libc::F_UNLCK)));
    }
}
