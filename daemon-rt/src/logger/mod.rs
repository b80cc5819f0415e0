//! The logger: any thread, any number of processes on one file.
//!
//! A record is one `write(2)` of one whole line to a descriptor opened `O_APPEND`: no lock, no
//! allocation, no thread. `log`'s macros lead here after [`Builder::install`], and
//! [`fatal!`](crate::fatal) stands beside them.
//!
//! ```no_run
//! use daemon_rt::logger::{self, Level};
//!
//! logger::builder().file("/var/log/server.log").level(Level::Info).install()?;
//! log::info!(port = 8080; "listening");
//! # Ok::<(), logger::Error>(())
//! ```
//!
//! With [`Builder::buffer`] a record is a copy into a staging file that outlives the process; see
//! there. Old files are logrotate's business, or with [`Builder::rotate`] the logger's own.
//!
//! A full disk costs records only while it is full: the first one after it says how many. What
//! would break a line or a terminal is escaped. A forked child may log at once.
//!
//! It serves a program that is no daemon as well: whenever a record is written and the second has
//! changed, it looks whether the file has been renamed, and goes on in the new one.

mod amount;
mod builder;
mod clock;
mod error;
mod extra;
mod fatal;
#[cfg(feature = "log-extras")]
mod fields;
mod filter;
mod format;
mod instance;
#[cfg(feature = "log-extras")]
mod json;
mod level;
mod limit;
mod line;
mod output;
mod own;
mod place;
mod record_lock;
mod recover;
mod sink;
mod stage;
mod stamp;
mod syslog;
mod thin;
mod thread;
mod threshold;

use std::fmt;
use std::path::Path;

use log::Record;

pub(crate) use self::amount::{Keep, Rotation, buffer};
pub(crate) use self::builder::SYSLOG;
pub use self::builder::{Builder, builder};
pub use self::error::Error;
pub(crate) use self::extra::EXTRAS;
pub use self::fatal::Fatal;
pub(crate) use self::fatal::fatal;
pub use self::format::Format;
pub use self::level::Level;
pub use self::recover::recover;
pub(crate) use self::thin::{folds, limit};
#[doc(hidden)]
pub use log as __log;

use self::clock::{Now, Zone};
use self::filter::Filter;
use self::instance::{LOGGER, Logger};

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
        logger.set_filter(&Filter::all(level));
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
    let filter = filter.parse()?;
    LOGGER.get().ok_or(Error::Missing)?.set_filter(&filter);
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
        if let Some(thinner) = logger.thinner() {
            thinner.tell_due(second, &mut |notice| logger.tell(notice));
        }
    }
}
