//! Recovers the records in the staging files of dead processes.

use std::io::Read;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{FileStat, SFlag, fstat};
use nix::unistd::geteuid;

use super::extras::LOG_EXTRAS;
use super::layout::{MAGIC, MAGIC_VALUE, Note, header, word};
use super::leftover::{Leftover, MOST};
use super::log_place::LogPlace;
use super::stage::{IN_USE, Stage};
use super::turn::Turn;
use crate::error::{Error, ErrorKind};
use crate::os::file_id::FileId;

/// Recovers the records for the log at `path`. Returns their number.
pub(super) fn recover(path: &Path) -> Result<usize, Error> {
    if !LOG_EXTRAS {
        return Ok(0);
    }
    match LogPlace::of(path) {
        Ok(place) => recover_at(&place),
        Err(why) if why.kind() == ErrorKind::Untrusted => Err(why),
        // Without the directory there are no staging files.
        Err(_) => Ok(0),
    }
}

/// Recovers the records for a log whose directory was just found.
pub(super) fn recover_at(place: &LogPlace) -> Result<usize, Error> {
    if !LOG_EXTRAS {
        return Ok(0);
    }
    // Usually there are no staging files, and one look at the directory suffices.
    if place.stages().is_ok_and(|stages| stages.is_empty()) {
        return Ok(0);
    }
    // To close the log during a drain would release the lock on it.
    let _turn = Turn::wait();
    let _pause = Stage::own().map(Stage::lock);
    let (mut records, mut first_error) = (0, None);
    for name in others(place).map_err(|errno| failed(place, errno))? {
        match recover_one(place, &name) {
            Ok(one) => records += one,
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(records), Err)
}

/// Returns the names of the staging files of other processes.
fn others(place: &LogPlace) -> nix::Result<Vec<String>> {
    let own = Stage::own().map(Stage::name);
    let mut names = place.stages()?;
    names.retain(|name| own != Some(name));
    Ok(names)
}

/// Returns the device and inode of each log that a staging file of another process notes for a
/// batch.
pub(super) fn logs_in_use(place: &LogPlace) -> Vec<FileId> {
    let note = |name: String| {
        let stage = place.open_other(&*name, OFlag::O_RDONLY).ok()?;
        Some(Note::read(&header(&stage)?)?.log)
    };
    let names = others(place).unwrap_or_default();
    names.into_iter().filter_map(note).collect()
}

/// Recovers the records of one staging file and removes it.
fn recover_one(place: &LogPlace, name: &str) -> Result<usize, Error> {
    let file = match place.open_other(name, OFlag::O_RDWR) {
        Ok(file) => file,
        // Another process has removed the file, or it is not readable or not a regular file.
        Err(Errno::ENOENT | Errno::EACCES | Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => {
            return Ok(0);
        }
        Err(errno) => return Err(failed(place, errno)),
    };
    // The status is read under the lock, because another process may have recovered and removed the
    // file.
    let is_dead = IN_USE.try_take(&file) == Ok(true);
    if !is_dead || !fstat(&file).is_ok_and(|stat| may_be_trusted(place, &stat)) {
        return Ok(0);
    }
    let failed = |error: std::io::Error| failed(place, error);
    let mut bytes = Vec::new();
    (&file).take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    let records = match Leftover::read(&bytes) {
        Some(left) => left.append(place, &file).map_err(failed)?,
        None if is_unfinished(&bytes) => 0,
        None => return Ok(0),
    };
    // If the removal fails, the next recovery finds the file empty.
    let _ = place.remove(name);
    Ok(records)
}

/// Returns whether a staging file was never completed or was just emptied. Other files are left
/// alone.
fn is_unfinished(bytes: &[u8]) -> bool {
    bytes.is_empty() || matches!(word(bytes, MAGIC), Some(0 | MAGIC_VALUE))
}

fn failed(place: &LogPlace, source: impl Into<std::io::Error>) -> Error {
    Error::at("recover records for", place.path(), source)
}

/// Returns whether the staging file was created by a writer of the log.
fn may_be_trusted(place: &LogPlace, stage: &FileStat) -> bool {
    let owner = stage.st_uid;
    let kind = SFlag::from_bits_truncate(stage.st_mode) & SFlag::S_IFMT;
    kind == SFlag::S_IFREG
        && stage.st_nlink == 1
        && (owner == 0
            || owner == geteuid().as_raw()
            || place.stat().is_ok_and(|log| log.st_uid == owner))
}
