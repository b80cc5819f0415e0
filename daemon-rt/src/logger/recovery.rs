//! What dead processes left, from the outside: when it is recovered, and by whom.

use std::path::Path;

use super::error::Error;
use super::extras::LOG_EXTRAS;
use super::log_place::LogPlace;
use super::patience::Patience;
use super::recover::{Scope, recover_all};
use super::stage::Stage;
use super::turn::Turn;
use crate::error::ErrorKind;

/// Appends to the log at `path` what dead processes had logged and their buffer still held; says
/// how many records.
///
/// Called by whoever may be the first to see a death: by a daemon that starts, and by `status` and
/// `stop` of whom the log belongs to. Root's leave the log of a daemon with a `user` to its next
/// start. What living processes hold is left alone.
///
/// # Errors
/// The log, or a staging file beside it, cannot be opened or written. What was not recovered is
/// tried again at the next call.
pub fn recover(path: impl AsRef<Path>) -> Result<usize, Error> {
    if !LOG_EXTRAS {
        return Ok(0);
    }
    match LogPlace::of(path.as_ref()) {
        Ok(place) => recover_at(&place),
        Err(Error::Open(why)) if why.kind() == ErrorKind::Untrusted => Err(Error::Open(why)),
        // Where there is no folder, nobody left anything.
        Err(_) => Ok(0),
    }
}

/// The same for a log whose folder was just found.
pub(super) fn recover_at(place: &LogPlace) -> Result<usize, Error> {
    if !LOG_EXTRAS {
        return Ok(0);
    }
    // Mostly nobody has left anything, and one look at the folder is all.
    if place.stages().is_ok_and(|stages| stages.is_empty()) {
        return Ok(0);
    }
    // To close the log while it is drained would drop the lock on it.
    let _turn = Turn::wait();
    let own = Stage::own();
    let _pause = own.map(Stage::lock);
    let own = own.map(Stage::name);
    let mut records = 0;
    let mut patience = Patience::default();
    while !patience.is_over() {
        let torn = recover_all(place, own, Scope::Torn)?;
        records += torn.records;
        if !torn.is_in_progress {
            break;
        }
        patience.pause();
    }
    Ok(records + recover_all(place, own, Scope::All)?.records)
}
