//! The one logger of a process: the handle on it, and a record's way from the filter to the sink.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use log::Record;

use super::clock::{Day, Now, Zone};
use super::config::{Filter, Format};
use super::error::Error;
use super::extras::LOG_EXTRAS;
use super::format;
use super::level::Level;
use super::line::Line;
use super::sink::{Host, Sink};
use super::stage::Records;
use super::threshold::{Exception, Quick, Threshold};
use super::throttle::Throttle;
use super::turn::Turn;

static LOGGER: OnceLock<&'static Logger> = OnceLock::new();

/// Returns the logger of this process, once [`Builder::install`](super::Builder::install) has made it.
#[must_use]
pub fn installed() -> Option<&'static Logger> {
    LOGGER.get().copied()
}

/// The logger of this process, to which `log`'s macros lead.
pub struct Logger {
    threshold: Threshold,
    format: Format,
    zone: &'static Zone,
    /// None unless records are limited or repeats are folded.
    throttle: Option<Throttle>,
    sink: Sink,
}

impl Logger {
    /// Returns the least severe level that is written, but for targets with a level of their own.
    #[must_use]
    pub fn level(&self) -> Level {
        self.threshold.level()
    }

    /// Writes records of `level` and above from now on, whatever their target.
    pub fn set_level(&self, level: Level) {
        self.set_filter(Filter::all(level));
    }

    /// Replaces the filter, for all threads. Each change keeps some 100 bytes for each target.
    pub fn set_filter(&self, filter: Filter) {
        // One at a time: what `log` lets through goes with the logger's own.
        let _turn = Turn::wait();
        self.threshold.set(filter);
    }

    /// Writes a record of `level` with an empty target. Returns whether it is in the log, or in its
    /// buffer.
    ///
    /// It is not if the filter refuses it, if it is only counted ([`Limit`](super::Limit),
    /// [`Repeats`](super::Repeats)), or if the write fails.
    pub fn log(&self, level: Level, message: fmt::Arguments<'_>) -> bool {
        level.as_log_level().is_some_and(|nearest| {
            let record = Record::builder().level(nearest).args(message).build();
            self.submit(level, &record)
        })
    }

    /// Switches to the file at `path`, atomically for all threads. Each change keeps a descriptor of the
    /// directory, and with a buffer also its memory.
    ///
    /// # Errors
    /// The file cannot be opened; the logger goes on with the old one.
    pub fn set_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.sink.set_file(path.as_ref())
    }

    /// Opens the log's path again, as after a rotation, atomically for all threads. Does nothing if the
    /// log goes to a stream.
    ///
    /// # Errors
    /// The path cannot be opened; the logger goes on with the old file.
    pub fn reopen(&self) -> Result<(), Error> {
        self.sink.reopen()
    }

    /// Writes what is buffered into the log.
    pub fn flush(&self) {
        self.sink.flush();
    }

    /// Notices a renamed file and reports what was only counted, at most once a second. The daemon's loop
    /// calls it at each turn.
    pub(crate) fn tick(&self) {
        let second = Now::coarse().second;
        self.sink.look(second, self);
        if let Some(throttle) = self.throttle() {
            throttle.tell_due(second, &mut |notice| self.tell(notice));
        }
    }

    /// Returns whether a record of `level` for `target` would be written.
    pub(super) fn admits(&self, level: Level, target: &str) -> bool {
        self.threshold.admits(level, target)
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level();
        f.debug_struct("Logger")
            .field("level", &level)
            .finish_non_exhaustive()
    }
}

impl Logger {
    pub(super) fn new(sink: Sink, format: Format, throttle: Option<Throttle>) -> Self {
        Self {
            threshold: Threshold::new(),
            format,
            zone: Zone::local(),
            throttle,
            sink,
        }
    }

    pub(super) fn install(self, filter: Filter) -> Result<&'static Self, Error> {
        // Not on the heap, where what lives as long as the process keeps the pages around it.
        static PLACE: OnceLock<Logger> = OnceLock::new();

        PLACE.set(self).map_err(|_| Error::Installed)?;
        let logger = PLACE.get().ok_or(Error::Installed)?;
        let installed = log::set_logger(logger);
        let others = log::max_level();
        // Before `LOGGER` is set, so that nobody changes the filter meanwhile.
        logger.threshold.set(filter);
        if installed.is_err() {
            // `log` goes to another logger, and lets through what that wants.
            log::set_max_level(others);
        }
        LOGGER.set(logger).map_err(|_| Error::Installed)?;
        if logger.sink.is_buffered() || logger.throttle().is_some() {
            crate::os::sys::at_exit(finish);
        }
        installed.map(|()| logger).map_err(|_| Error::Foreign)
    }

    /// Writes the record if the filter admits it; says whether it is in the log.
    #[allow(
        clippy::inline_always,
        reason = "a call more is a tenth of a refused record"
    )]
    #[inline(always)]
    pub(super) fn submit(&self, level: Level, record: &Record<'_>) -> bool {
        match self.threshold.quick(level, record.target()) {
            Quick::Verdict(verdict) => verdict && self.accept(level, record),
            Quick::Unclear(exception) => self.decide(exception, level, record),
        }
    }

    #[inline(never)]
    fn decide(&self, exception: &Exception, level: Level, record: &Record<'_>) -> bool {
        self.threshold.decide(exception, level, record.target()) && self.accept(level, record)
    }

    /// Apart from the filter, so that a refused record costs no stack and no register.
    #[inline(never)]
    fn accept(&self, level: Level, record: &Record<'_>) -> bool {
        self.throttle()
            .is_none_or(|throttle| self.throttle_admits(throttle, level, record))
            && self.write(level, record)
    }

    #[inline]
    pub(super) fn throttle(&self) -> Option<&Throttle> {
        self.throttle.as_ref().filter(|_| LOG_EXTRAS)
    }

    #[cold]
    fn throttle_admits(&self, throttle: &Throttle, level: Level, record: &Record<'_>) -> bool {
        let second = Now::coarse().second;
        throttle.admits(level, record, second, &mut |notice| self.tell(notice))
    }

    /// Writes a line of the logger's own.
    pub(super) fn tell(&self, notice: fmt::Arguments<'_>) {
        self.announce(notice, &mut |line| self.sink.put(line, false, self));
    }

    fn write(&self, level: Level, record: &Record<'_>) -> bool {
        let mut line = Line::new();
        let now = self.compose(&mut line, level, record);
        self.sink.look(now.second, self);
        self.sink.put(line.end(), level >= Level::Error, self)
    }

    #[inline]
    fn compose(&self, line: &mut Line, level: Level, record: &Record<'_>) -> Now {
        if let Some(syslog) = self.sink.syslog() {
            syslog.begin(line, self.zone, level);
        }
        let shape = (self.format, self.sink.audience());
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

    fn drain(records: &mut Records) {
        // A record may come before the logger is in its place: a second later it is.
        if let Some(logger) = installed() {
            logger.sink.drain(records);
        }
    }

    fn compress(&self) {
        if let Some(logger) = installed()
            && let Err(error) = logger.sink.pack(stays_uncompressed)
        {
            stays_uncompressed(error);
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a thread's last word")]
fn stays_uncompressed(error: io::Error) {
    if let Some(logger) = installed() {
        logger.log(
            Level::Warn,
            format_args!("cannot compress an old log: {error}"),
        );
    }
}

/// At the end of the process there is nothing left to recover.
extern "C" fn finish() {
    if let Some(logger) = installed() {
        if let Some(throttle) = logger.throttle() {
            throttle.tell_all(&mut |notice| logger.tell(notice));
        }
        logger.sink.finish();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::logger::log_place::LogPlace;
    use crate::logger::sink::Aging;

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn tick_notices_a_renamed_log_without_a_record() -> Result<(), Error> {
        let directory = std::env::temp_dir().join(format!("logger-tick-{}", std::process::id()));
        let (log, old) = (directory.join("log"), directory.join("old"));
        let done = fs::create_dir(&directory).map_err(Error::Stream);
        let sink = done.and_then(|()| Sink::file(LogPlace::of(&log)?, None, Aging::default()))?;
        let logger = Logger::new(sink, Format::default(), None);
        let renamed = fs::rename(&log, &old);
        let end = Instant::now() + Duration::from_secs(10);
        while !log.exists() && Instant::now() < end {
            logger.tick();
        }
        let is_there = log.exists();
        let removed = fs::remove_dir_all(&directory);
        assert!(renamed.is_ok() && is_there && removed.is_ok());
        Ok(())
    }
}
