//! The rotation by the logger itself, without logrotate. `LOG` becomes `LOG.1`, which becomes
//! `LOG.2`, and so on. The oldest file is removed.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::sys::stat::FileStat;

use super::compress::{adopt_all, leftovers};
use super::host::Host;
use super::old_files::{COMPRESSED, is_at, is_free, numbered, old_number, remove_beyond};
use crate::error::Error;
use crate::logger::config::{Keep, Rotate};
use crate::logger::extras::LOG_EXTRAS;
use crate::logger::log_lock::LogLock;
use crate::logger::log_place::LogPlace;
use crate::logger::stage::Stage;

/// The rules for a rotation and for old files.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::logger) struct Aging {
    pub(in crate::logger) rotate: Rotate,
    pub(in crate::logger) keep: Keep,
}

impl Aging {
    /// Tidies old files at a start, because the next rotation may be far away.
    pub(super) fn begin(&self, log: BorrowedFd<'_>, place: &LogPlace) {
        if !LOG_EXTRAS || self.rotate == Rotate::NEVER {
            return;
        }
        let lock = LogLock::take(log);
        if lock.is_held() && is_at(log, place) {
            tidy(place, self.keep.files);
        }
    }

    /// Returns whether the log is due for a rotation. `open` is its status, and `begun` a second of
    /// its day.
    pub(super) fn is_due(&self, open: &FileStat, begun: i64, now: i64, host: &impl Host) -> bool {
        open.st_size > 0
            && (self
                .rotate
                .size()
                .is_some_and(|size| open.st_size.unsigned_abs() >= size)
                || (self.rotate.is_daily() && host.day(begun) < host.day(now)))
    }

    /// Renames the log, which is open as `log`, and the older files. Does nothing if another
    /// process has rotated it already, or holds the lock on the log. Two concurrent rotations would
    /// lose a file.
    pub(super) fn rotate(&self, log: BorrowedFd<'_>, place: &LogPlace) -> Result<(), Error> {
        // A record lock belongs to the process. A thread that drains would share this one and
        // release it.
        let _pause = Stage::own().map(Stage::lock);
        let lock = LogLock::take(log);
        if !lock.is_held() || !is_at(log, place) {
            return Ok(());
        }
        let failed = |errno: Errno| Error::at("rotate the log", place.path(), errno);
        let Keep { files, bytes, .. } = self.keep;
        tidy(place, files);
        if files == 0 {
            return place.remove(place.name()).map_err(failed);
        }
        // Files move only up to the first free number. A rotation that fails is retried each
        // second, and must not push old files out. The log itself moves last.
        let last = (1..files).find(|number| is_free(place, *number));
        let last = last.unwrap_or(files);
        for suffix in [COMPRESSED, ""] {
            place
                .remove(&*numbered(place, last, suffix))
                .map_err(failed)?;
            // The log itself is never compressed.
            let first = u32::from(suffix == COMPRESSED);
            for number in (first..last).rev() {
                let from = numbered(place, number, suffix);
                match place.rename(&*from, &*numbered(place, number + 1, suffix)) {
                    Ok(()) | Err(Errno::ENOENT) => {}
                    Err(errno) => return Err(failed(errno)),
                }
            }
        }
        if let Some(bytes) = bytes {
            remove_beyond(place, files, bytes).map_err(failed)?;
        }
        Ok(())
    }
}

/// Gives compressed files their final names. Then removes leftovers of compressions, and surplus
/// files of an earlier, larger limit. A file that cannot be removed stays, and does not prevent a
/// rotation. The caller holds the lock on the log.
fn tidy(place: &LogPlace, files: u32) {
    adopt_all(place, files);
    let names = place.names().unwrap_or_default();
    let is_surplus = |name: &&String| old_number(place, name).is_some_and(|old| old > files);
    let leftovers = leftovers(place, &names).chain(names.iter().filter(is_surplus));
    for name in leftovers {
        let _ = place.remove(&**name);
    }
}
