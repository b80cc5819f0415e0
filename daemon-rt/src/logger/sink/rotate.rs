//! The log's own rotation, where no logrotate does it: `LOG` becomes `LOG.1`, that `LOG.2`, and so
//! on; the oldest goes.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::fcntl::renameat;
use nix::sys::stat::{FileStat, fstat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::{Host, identity};
use crate::logger::Error;
use crate::logger::place::Place;
use crate::logger::record_lock::LogLock;

/// When the log begins a new file by itself, and how many old ones stay.
#[derive(Debug, Clone, Copy)]
pub(in crate::logger) struct Rotation {
    /// From so many bytes on.
    pub(in crate::logger) size: Option<u64>,
    /// At the first record of a day.
    pub(in crate::logger) daily: bool,
    pub(in crate::logger) keep: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            size: None,
            daily: false,
            keep: 7,
        }
    }
}

impl Rotation {
    /// Whether the log, which `open` is of, is to be rotated.
    pub(super) fn is_due(&self, open: &FileStat, now: i64, host: &impl Host) -> bool {
        open.st_size > 0
            && (self
                .size
                .is_some_and(|size| open.st_size.unsigned_abs() >= size)
                || (self.daily && host.day(open.st_mtime) < host.day(now)))
    }

    /// Renames the log, which is open as `log`, and the older ones. Does nothing when another
    /// process has done it first: the lock on the log is its, and the path leads elsewhere then.
    pub(super) fn rotate(&self, log: BorrowedFd<'_>, place: &Place) -> Result<(), Error> {
        let _lock = LogLock::take(log);
        let failed = |errno: Errno| crate::Error::at("rotate the log", place.path(), errno);
        let open = fstat(log).map_err(failed)?;
        if place
            .stat()
            .map_or(true, |there| identity(&there) != identity(&open))
        {
            return Ok(());
        }
        let name = place.path().file_name().unwrap_or_default();
        let numbered = |number: u32| {
            let mut name = name.to_owned();
            name.push(format!(".{number}"));
            name
        };
        let folder = place.folder();
        if self.keep == 0 {
            return Ok(unlinkat(folder, name, UnlinkatFlags::NoRemoveDir).map_err(failed)?);
        }
        for number in (1..self.keep).rev() {
            match renameat(folder, &*numbered(number), folder, &*numbered(number + 1)) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(failed(errno).into()),
            }
        }
        Ok(renameat(folder, name, folder, &*numbered(1)).map_err(failed)?)
    }
}
