//! The interface of the logger to its sink.

use std::fmt;

use crate::logger::clock::Day;
use crate::logger::stage::Records;

/// The services of the logger that the sink calls.
pub(in crate::logger) trait Host {
    /// Formats a notice of the logger itself, and calls `write` with the whole line.
    fn announce(&self, notice: fmt::Arguments<'_>, write: &mut dyn FnMut(&[u8]) -> bool);

    /// Returns the local day of `second`.
    fn day(&self, second: i64) -> Day;

    /// Writes `records` to the log, once the logger is installed.
    fn drain(records: &mut Records);

    /// Starts the compression of an old file, apart from the path of the records.
    fn compress(&self);
}
