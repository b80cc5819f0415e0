//! What the sink needs of the logger around it.

use std::fmt;

use crate::logger::clock::Day;
use crate::logger::stage::Records;

/// What the sink needs of the logger around it.
pub(in crate::logger) trait Host {
    /// Calls `write` with the whole line for what the logger itself has to say.
    fn announce(&self, notice: fmt::Arguments<'_>, write: &mut dyn FnMut(&[u8]) -> bool);

    /// The local day of `second`.
    fn day(&self, second: i64) -> Day;

    /// Puts `records` into the log, once the logger is in its place.
    fn drain(records: &mut Records);

    /// Starts the compression of an old file, off the path of the records.
    fn compress(&self);
}
