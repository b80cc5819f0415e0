//! The log's own rotation, where no logrotate does it: `LOG` becomes `LOG.1`, that `LOG.2`, and so
//! on; the oldest goes.

use std::ffi::{OsStr, OsString};
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, renameat};
use nix::sys::stat::{FileStat, fstat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::pack::adopt_all;
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
        let Keep { files, bytes, .. } = self.keep;
        if files == 0 {
            let name = place.path().file_name().unwrap_or_default();
            return Ok(unlinkat(folder, name, UnlinkatFlags::NoRemoveDir).map_err(failed)?);
        }
        adopt_all(place, files);
        for suffix in ["", COMPRESSED] {
            remove(place, &numbered(place, files, suffix)).map_err(failed)?;
            // The log itself is never compressed.
            let first = u32::from(suffix == COMPRESSED);
            for number in (first..files).rev() {
                let from = numbered(place, number, suffix);
                match renameat(
                    folder,
                    &*from,
                    folder,
                    &*numbered(place, number + 1, suffix),
                ) {
                    Ok(()) | Err(Errno::ENOENT) => {}
                    Err(errno) => return Err(failed(errno).into()),
                }
            }
        }
        if let Some(bytes) = bytes {
            remove_beyond(place, files, bytes).map_err(failed)?;
        }
        Ok(())
    }
}

/// What the name of a compressed file ends with.
pub(super) const COMPRESSED: &str = ".gz";

/// The name of the old file `number`; 0 is the log, which is never compressed.
pub(super) fn numbered(place: &Place, number: u32, suffix: &str) -> OsString {
    let mut name = place.path().file_name().unwrap_or_default().to_owned();
    if number > 0 {
        name.push(format!(".{number}{suffix}"));
    } else {
        name.push(suffix);
    }
    name
}

/// Removes the oldest of the first `files` old files, so that the rest has at most `bytes`.
fn remove_beyond(place: &Place, files: u32, bytes: u64) -> nix::Result<()> {
    let mut total = 0_u64;
    for number in 1..=files {
        for suffix in ["", COMPRESSED] {
            let name = numbered(place, number, suffix);
            let file = fstatat(place.folder(), &*name, AtFlags::AT_SYMLINK_NOFOLLOW);
            total = total.saturating_add(file.map_or(0, |file| file.st_size.unsigned_abs()));
            if total > bytes {
                remove(place, &name)?;
            }
        }
    }
    Ok(())
}

/// Removes a file, if it is there.
fn remove(place: &Place, name: &OsStr) -> nix::Result<()> {
    match unlinkat(place.folder(), name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}
