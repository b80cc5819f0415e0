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
mod escape;
mod extra;
mod fatal;
#[cfg(feature = "log-extras")]
mod fields;
mod filter;
mod format;
#[cfg(feature = "log-extras")]
mod json;
mod level;
mod limit;
mod line;
mod output;
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
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use log::Record;

pub(crate) use self::amount::{Keep, Rotation, buffer};
pub(crate) use self::builder::SYSLOG;
pub use self::builder::{Builder, builder};
pub use self::error::Error;
pub(crate) use self::escape::printable;
pub(crate) use self::extra::EXTRAS;
pub use self::fatal::Fatal;
pub use self::format::Format;
pub use self::level::Level;
pub use self::recover::recover;
pub(crate) use self::stage::Stage;
pub(crate) use self::thin::{folds, limit};
#[doc(hidden)]
pub use log as __log;

use self::clock::{Day, Now, Zone};
use self::filter::Filter;
use self::line::Line;
use self::sink::{Host, Sink};
use self::thin::Thinner;
use self::threshold::{Exception, Glance, Threshold};

/// Reads the local time zone now, for a process whose root changes before it has a logger.
pub(crate) fn read_zone() {
    Zone::local();
}

/// The one of this process.
static LOGGER: OnceLock<Logger> = OnceLock::new();

struct Logger {
    threshold: Threshold,
    format: Format,
    zone: &'static Zone,
    /// None unless records are limited or repeats are folded.
    thinner: Option<Thinner>,
    sink: Sink,
}

impl Logger {
    fn new(sink: Sink, format: Format, thinner: Option<Thinner>) -> Self {
        Self {
            threshold: Threshold::new(),
            format,
            zone: Zone::local(),
            thinner,
            sink,
        }
    }

    fn install(self, filter: &Filter) -> Result<(), Error> {
        // Made now, by one thread: a child forked while another thread made it would wait for ever.
        crate::sys::own_page();
        LOGGER.set(self).map_err(|_| Error::Installed)?;
        let logger = LOGGER.get().ok_or(Error::Missing)?;
        log::set_logger(logger).map_err(|_| Error::Foreign)?;
        if logger.sink.is_buffered() || logger.thinner().is_some() {
            crate::sys::at_exit(finish);
        }
        logger.set_filter(filter);
        Ok(())
    }

    /// Puts `filter` in force. One at a time: what `log` lets through goes with the logger's own.
    fn set_filter(&self, filter: &Filter) {
        let _turn = sink::Turn::wait();
        self.threshold.set(filter);
    }

    /// Writes the record if the filter admits it; says whether it is in the log.
    #[allow(
        clippy::inline_always,
        reason = "a call more is a tenth of a refused record"
    )]
    #[inline(always)]
    fn submit(&self, level: Level, record: &Record<'_>) -> bool {
        match self.threshold.glance(level, record.target()) {
            Glance::Verdict(verdict) => verdict && self.accept(level, record),
            Glance::Unclear(exception) => self.judge(exception, level, record),
        }
    }

    #[inline(never)]
    fn judge(&self, exception: &Exception, level: Level, record: &Record<'_>) -> bool {
        self.threshold.judge(exception, level, record.target()) && self.accept(level, record)
    }

    /// Apart from the filter, so that a refused record costs no stack and no register.
    #[inline(never)]
    fn accept(&self, level: Level, record: &Record<'_>) -> bool {
        self.thinner()
            .is_none_or(|thinner| self.thins(thinner, level, record))
            && self.write(level, record)
    }

    #[inline]
    fn thinner(&self) -> Option<&Thinner> {
        self.thinner.as_ref().filter(|_| EXTRAS)
    }

    #[cold]
    fn thins(&self, thinner: &Thinner, level: Level, record: &Record<'_>) -> bool {
        let second = Now::coarse().second;
        thinner.admits(level, record, second, &mut |notice| self.tell(notice))
    }

    /// Writes a line of the logger's own.
    fn tell(&self, notice: fmt::Arguments<'_>) {
        self.announce(notice, &mut |line| self.sink.put(line, false, self));
    }

    fn write(&self, level: Level, record: &Record<'_>) -> bool {
        let mut line = Line::new();
        let now = self.compose(&mut line, level, record);
        self.sink.look(now.second, self);
        self.sink.put(line.end(), level >= Level::Error, self)
    }
}

impl Logger {
    #[inline]
    fn compose(&self, line: &mut Line, level: Level, record: &Record<'_>) -> Now {
        if let Some(syslog) = self.sink.syslog() {
            syslog.begin(line, self.zone, level);
        }
        let shape = (self.format, self.sink.dress());
        format::compose(line, shape, self.zone, (level, record))
    }
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.threshold
            .admits(metadata.level().into(), metadata.target())
    }

    fn log(&self, record: &Record<'_>) {
        self.submit(record.level().into(), record);
    }

    fn flush(&self) {
        self.sink.flush();
    }
}

impl Host for Logger {
    fn day(&self, second: i64) -> Day {
        self.zone.day(second)
    }

    fn announce(&self, notice: fmt::Arguments<'_>, write: &mut dyn FnMut(&[u8]) -> bool) {
        let mut line = Line::new();
        let record = Record::builder()
            .level(log::Level::Warn)
            .target("logger")
            .args(notice)
            .build();
        self.compose(&mut line, Level::Warn, &record);
        write(line.end());
    }
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

/// Goes on in the file at `path`, atomically for all threads.
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
pub fn reopen() -> io::Result<()> {
    Ok(LOGGER.get().map_or(Ok(()), |logger| logger.sink.reopen())?)
}

/// Puts what is buffered into the log.
pub fn flush() {
    if let Some(logger) = LOGGER.get() {
        logger.sink.flush();
    }
}

/// At the end of the process there is nothing left to recover.
extern "C" fn finish() {
    if let Some(logger) = LOGGER.get() {
        if let Some(thinner) = logger.thinner() {
            thinner.tell_all(&mut |notice| logger.tell(notice));
        }
        logger.sink.retire_stage();
    }
}

/// Looks whether the file was renamed, and tells what was only counted, at most once a second; the daemon's loop calls it at each
/// turn.
pub fn tick() {
    if let Some(logger) = LOGGER.get() {
        let second = Now::coarse().second;
        logger.sink.look(second, logger);
        if let Some(thinner) = logger.thinner() {
            thinner.tell_due(second, &mut |notice| logger.tell(notice));
        }
    }
}
