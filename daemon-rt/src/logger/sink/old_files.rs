//! The names of the old files: `LOG.1`, `LOG.2.gz`.

use std::ffi::OsString;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use crate::logger::config::MOST_FILES;
use crate::logger::log_place::LogPlace;
use crate::os::file_id::FileId;

/// Returns whether the path leads to `log`.
pub(super) fn is_at(log: BorrowedFd<'_>, place: &LogPlace) -> bool {
    let there = place.stat();
    there.is_ok_and(|there| FileId::of(log) == Some(FileId::from(&there)))
}

/// Returns the number of an old file, if `name` is `LOG.N` or `LOG.N.gz`. N must be in the range of
/// this logger. The years and dates in the names of other tools are too large.
pub(super) fn old_number(place: &LogPlace, name: &str) -> Option<u32> {
    let log = place.name().to_str()?;
    let rest = name.strip_prefix(log)?.strip_prefix('.')?;
    let digits = rest.strip_suffix(COMPRESSED).unwrap_or(rest);
    let number = digits.parse().ok()?;
    let is_ours = (1..=MOST_FILES).contains(&number) && digits == number.to_string();
    is_ours.then_some(number)
}

/// The suffix of a compressed file.
pub(super) const COMPRESSED: &str = ".gz";

/// Returns the name of the old file `number`. Number 0 is the log, which is never compressed.
pub(super) fn numbered(place: &LogPlace, number: u32, suffix: &str) -> OsString {
    let mut name = place.name().to_owned();
    if number > 0 {
        name.push(format!(".{number}{suffix}"));
    } else {
        name.push(suffix);
    }
    name
}

/// Returns whether no old file has this number.
pub(super) fn is_free(place: &LogPlace, number: u32) -> bool {
    let is_none = |suffix| {
        let found = place.stat_of(&*numbered(place, number, suffix));
        found.is_err_and(|errno| errno == Errno::ENOENT)
    };
    ["", COMPRESSED].into_iter().all(is_none)
}

/// Removes the oldest of the first `files` old files until the rest has at most `bytes`.
pub(super) fn remove_beyond(place: &LogPlace, files: u32, bytes: u64) -> nix::Result<()> {
    let mut total = 0_u64;
    for number in 1..=files {
        for suffix in ["", COMPRESSED] {
            let name = numbered(place, number, suffix);
            let file = place.stat_of(&*name);
            total = total.saturating_add(file.map_or(0, |file| file.st_size.unsigned_abs()));
            if total > bytes {
                place.remove(&*name)?;
            }
        }
    }
    Ok(())
}
