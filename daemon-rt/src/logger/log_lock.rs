//! A record lock on the log, fcntl(2). It belongs to one process, ends with it, and is not
//! inherited.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::stat::fstat;

use super::output::{Failure, is_torn, write_whole};
use crate::os::file_lock::{record_lock, try_lock};

/// The number of attempts to lock the log, and the pause between them. They suffice for a holder
/// that waits for the processor.
const TRIES: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(1);

/// The number of attempts after one wait without result, so that a stopped holder does not block
/// this process.
const FEW_TRIES: u32 = 100;

/// Whether the last wait was without result.
static IN_VAIN: AtomicBool = AtomicBool::new(false);

/// A lock on the log, which keeps its noted size valid until the batch is written.
#[derive(Debug)]
pub(super) struct LogLock<'a> {
    log: BorrowedFd<'a>,
    held: bool,
}

impl<'a> LogLock<'a> {
    /// Waits for at most a second, because the holder may be stopped. Without the lock, another
    /// process may write a batch in between. Recovery handles that, and a rotation checks
    /// [`LogLock::is_held`].
    pub(super) fn take(log: BorrowedFd<'a>) -> Self {
        let tries = if IN_VAIN.load(Ordering::Relaxed) {
            FEW_TRIES
        } else {
            TRIES
        };
        for _ in 0..tries {
            match try_lock(log) {
                Err(Errno::EAGAIN | Errno::EACCES) => std::thread::sleep(PAUSE),
                done => {
                    let held = done.is_ok();
                    IN_VAIN.store(false, Ordering::Relaxed);
                    return Self { log, held };
                }
            }
        }
        IN_VAIN.store(true, Ordering::Relaxed);
        Self { log, held: false }
    }

    /// Begins a new line if the log ends with a partial record, after a killed process or a full
    /// disk.
    pub(super) fn begin_line(&self) -> Result<(), Failure> {
        let size = fstat(self.log).map_or(0, |stat| stat.st_size.unsigned_abs());
        if is_torn(self.log, size) {
            write_whole(self.log, b"\n")?;
        }
        Ok(())
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held
    }
}

impl Drop for LogLock<'_> {
    fn drop(&mut self) {
        // To unlock a free file is not an error.
        let _ = fcntl(self.log, FcntlArg::F_SETLK(&record_lock(libc::F_UNLCK)));
    }
}
