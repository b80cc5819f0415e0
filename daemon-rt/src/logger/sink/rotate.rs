//! The log's own rotation, where no logrotate does it: `LOG` becomes `LOG.1`, that `LOG.2`, and so
//! on; the oldest goes.

use std::ffi::OsString;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, renameat};
use nix::sys::stat::{FileStat, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::{Host, identity};
use crate::logger::place::Place;
use crate::logger::record_lock::LogLock;
use crate::logger::{Error, Keep, Rotation};

/// How the log's files get old.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::logger) struct Aging {
    pub(in crate::logger) rotation: Rotation,
    pub(in crate::logger) keep: Keep,
}

impl Aging {
    /// Whether the log, which `open` is of, is to be rotated.
    pub(super) fn is_due(&self, open: &FileStat, now: i64, host: &impl Host) -> bool {
        let Rotation { size, daily } = self.rotation;
        open.st_size > 0
            && (size.is_some_and(|size| open.st_size.unsigned_abs() >= size)
                || (daily && host.day(open.st_mtime) < host.day(now)))
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
        let folder = place.folder();
        let Keep { files, bytes } = self.keep;
        if files == 0 {
            let name = place.path().file_name().unwrap_or_default();
            return Ok(unlinkat(folder, name, UnlinkatFlags::NoRemoveDir).map_err(failed)?);
        }
        for number in (0..files).rev() {
            let (from, to) = (numbered(place, number), numbered(place, number + 1));
            match renameat(folder, &*from, folder, &*to) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(failed(errno).into()),
            }
        }
        if let Some(bytes) = bytes {
            remove_beyond(place, files, bytes).map_err(failed)?;
        }
        Ok(())
    }
}

/// The name of the old file `number`; 0 is the log.
fn numbered(place: &Place, number: u32) -> OsString {
    let mut name = place.path().file_name().unwrap_or_default().to_owned();
    if number > 0 {
        name.push(format!(".{number}"));
    }
    name
}

/// Removes the oldest of the first `files` old files, so that the rest has at most `bytes`.
fn remove_beyond(place: &Place, files: u32, bytes: u64) -> nix::Result<()> {
    let folder = place.folder();
    let mut total = 0_u64;
    for number in 1..=files {
        let name = numbered(place, number);
        let Ok(file) = fstatat(folder, &*name, AtFlags::AT_SYMLINK_NOFOLLOW) else {
            continue;
        };
        total = total.saturating_add(file.st_size.unsigned_abs());
        if total > bytes {
            unlinkat(folder, &*name, UnlinkatFlags::NoRemoveDir)?;
        }
    }
    Ok(())
}
