//! The functions that act on the logger of the process.

use std::fmt;
use std::path::Path;

use log::Record;

use super::clock::{Now, Zone};
use super::config::Filter;
use super::error::Error;
use super::instance::LOGGER;
use super::level::Level;

/// Reads the local time zone now, for a process whose root changes before it has a logger.
pub(crate) fn read_zone() {
    Zone::local();
}

/// Writes a record of `level` with an empty target; says whether it is in the log.
///
/// False when the filter refuses it, when it is only counted ([`Builder::limit`],
/// [`Builder::repeats`]), when the write fails, and before [`Builder::install`].
pub fn log(level: Level, message: fmt::Arguments<'_>) -> bool {
    let (Some(logger), Some(nearest)) = (LOGGER.get(), level.as_log_level()) else {
        return false;
    };
    logger.submit(
        level,
        &Record::builder().level(nearest).args(message).build(),
    )
}

/// The least severe level that is written, but for targets with a level of their own. `Off`
/// before [`Builder::install`].
#[must_use]
pub fn level() -> Level {
    LOGGER
        .get()
        .map_or(Level::Off, |logger| logger.threshold.level())
}

/// Writes records of `level` and above from now on, whatever their target. Does nothing before
/// [`Builder::install`].
pub fn set_level(level: Level) {
    if let Some(logger) = LOGGER.get() {
        logger.set_filter(Filter::all(level));
    }
}

/// Replaces the filter: `info`, `server=debug,hyper=warn`, `warn,server::net=trace`.
///
/// A target stands for the modules below it, the longest that fits a record decides, and the plain
/// level, `info` if there is none, is for the rest. Each change keeps some 100 bytes a target for good.
///
/// # Errors
/// `filter` is none, or the logger is not installed; the old filter stays.
pub fn set_filter(filter: &str) -> Result<(), Error> {
    let filter: Filter = filter.parse()?;
    LOGGER.get().ok_or(Error::Missing)?.set_filter(filter);
    Ok(())
}

/// Whether `filter` is one that [`set_filter`] takes.
///
/// # Errors
/// What is wrong with it.
pub fn check_filter(filter: &str) -> Result<(), Error> {
    filter.parse::<Filter>().map(drop)
}

/// Goes on in the file at `path`, atomically for all threads. Each change keeps a descriptor, of the folder,
/// and with a buffer the memory of that.
///
/// # Errors
/// The file cannot be opened, or the logger is not installed; the log goes on where it was.
pub fn set_file(path: impl AsRef<Path>) -> Result<(), Error> {
    LOGGER
        .get()
        .ok_or(Error::Missing)?
        .sink
        .set_file(path.as_ref())
}

/// Opens the log's path anew, as after a rotation, atomically for all threads. Does nothing when
/// the log goes to a stream.
///
/// # Errors
/// The path cannot be opened; the log goes on in the old file.
pub fn reopen() -> Result<(), Error> {
    LOGGER.get().map_or(Ok(()), |logger| logger.sink.reopen())
}

/// Puts what is buffered into the log.
pub fn flush() {
    if let Some(logger) = LOGGER.get() {
        logger.sink.flush();
    }
}

/// Looks whether the file was renamed, and tells what was only counted, at most once a second; the
/// daemon's loop calls it at each turn.
pub fn tick() {
    if let Some(logger) = LOGGER.get() {
        let second = Now::coarse().second;
        logger.sink.look(second, *logger);
        if let Some(throttle) = logger.throttle() {
            throttle.tell_due(second, &mut |notice| logger.tell(notice));
        }
    }
}
