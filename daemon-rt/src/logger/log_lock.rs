//! The lock on the log, `fcntl_locking(2)`, in two parts.
//!
//! A record lock belongs to one process, so it also excludes a forked child that shares the open
//! log. But the process loses it when any of its code closes a descriptor of the log. A lock of the
//! open file description does not end with that, and excludes all processes that opened the log
//! themselves.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::stat::fstat;

use super::output::{Failure, is_torn, write_whole};
use crate::os::file_lock::ByteLock;

/// The part that excludes forked children, and the part that no `close` ends.
const RECORD: ByteLock = ByteLock::of_process(0);
const DESCRIPTION: ByteLock = ByteLock::of_description(1);

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
                Ok(false) => std::thread::sleep(PAUSE),
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
        // The part of the description may be the parent's, whose part of the record is not here.
        if self.held {
            DESCRIPTION.release(self.log);
            RECORD.release(self.log);
        }
    }
}

/// Takes both parts. Returns false if another process holds one.
fn try_lock(log: BorrowedFd<'_>) -> nix::Result<bool> {
    if !RECORD.try_take(log)? {
        return Ok(false);
    }
    let taken = DESCRIPTION.try_take(log);
    if taken != Ok(true) {
        RECORD.release(log);
    }
    taken
}

// Miri has no such locks.
#[cfg(all(test, not(miri)))]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use super::{LogLock, try_lock};

    #[test]
    fn lock_on_the_log_survives_a_close_of_the_log() -> std::io::Result<()> {
        let path = std::env::temp_dir().join(format!("log_lock.{}", std::process::id()));
        let log = File::create(&path)?;
        let lock = LogLock::take(log.as_fd());
        assert!(lock.is_held());
        drop(File::open(&path)?);
        let other = File::options().append(true).open(&path)?;
        assert_eq!(try_lock(other.as_fd()), Ok(false));
        drop(lock);
        assert_eq!(try_lock(other.as_fd()), Ok(true));
        std::fs::remove_file(&path)
    }
}
