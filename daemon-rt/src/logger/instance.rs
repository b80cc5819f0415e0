//! The one logger of a process. It leads a record from the filter to the sink.

use std::fmt;
use std::path::Path;
use std::sync::{Once, OnceLock};

use log::Record;

use super::clock::{Day, Now, Zone};
use super::config::{Filter, Format};
#[cfg(feature = "config")]
use super::config::{Limit, Repeats};
use super::extras::LOG_EXTRAS;
use super::format;
use super::level::Level;
use super::line::Line;
use super::sink::{Host, Sink};
use super::stage::{Records, Stage};
use super::stamp::forget_second;
use super::threshold::{Exception, Quick, Threshold};
use super::throttle::Throttle;
use super::turn::Turn;
use crate::error::Error;
use crate::os::alarm::Text;
use crate::os::console::TARGET;
use crate::os::sys::Settable;

static LOGGER: OnceLock<&'static Logger> = OnceLock::new();

/// The logger of this process. The macros of `log` lead to it.
pub struct Logger {
    threshold: Threshold,
    format: Format,
    /// Empty unless records are limited or repeats are folded.
    throttle: Settable<Throttle>,
    sink: Sink,
    /// Whether the end of the process writes what is counted or buffered.
    ends: Once,
}

impl Logger {
    /// Returns the logger of this process, or `None` before
    /// [`Builder::install`](super::Builder::install).
    #[must_use]
    pub fn installed() -> Option<&'static Self> {
        LOGGER.get().copied()
    }

    /// Returns the least severe level that is written. Targets with a level of their own are not
    /// considered.
    #[must_use]
    pub fn level(&self) -> Level {
        self.threshold.level()
    }

    /// Sets the least severe level to write, for every target.
    pub fn set_level(&self, level: Level) {
        self.set_filter(Filter::all(level));
    }

    /// Replaces the filter for all threads. Each change leaks about 100 bytes per target.
    pub fn set_filter(&self, filter: Filter) {
        // One change at a time, because the maximum level of `log` must match the filter.
        let _turn = Turn::wait();
        self.threshold.set(filter);
    }

    /// Replaces the limit of records and the folding of repeats, for all threads. For the daemon
    /// that reads them from its settings. Each change leaks the old ones, at most 64 kB.
    #[cfg(feature = "config")]
    pub(crate) fn set_throttle(&self, limit: Limit, repeats: Repeats) {
        if let Some(old) = self.throttle() {
            old.tell_all(&mut |notice| self.tell(notice));
        }
        self.throttle.set(Throttle::new(limit, repeats));
        self.write_at_exit();
    }

    /// Writes a record of `level` with an empty target. Returns whether it reached the log or its
    /// buffer.
    ///
    /// Returns false if the filter refuses the record, or if the write fails. Also returns false if
    /// the record is only counted, see [`Limit`](super::Limit) and [`Repeats`](super::Repeats).
    pub fn log(&self, level: Level, message: fmt::Arguments<'_>) -> bool {
        level.as_log_level().is_some_and(|nearest| {
            let record = Record::builder().level(nearest).args(message).build();
            self.submit(level, &record)
        })
    }

    /// Switches to the file at `path`, atomically for all threads. Each change leaks a descriptor
    /// of the directory, and with a buffer also its memory.
    ///
    /// # Errors
    /// Fails if the file cannot be opened. The logger then continues with the old file.
    pub fn set_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.sink.set_file(path.as_ref())
    }

    /// Reopens the path of the log, as after a rotation, atomically for all threads. Does nothing
    /// if the log is a stream.
    ///
    /// # Errors
    /// Fails if the path cannot be opened. The logger then continues with the old file.
    pub fn reopen(&self) -> Result<(), Error> {
        self.sink.reopen()
    }

    /// Reads the time zone again, and logs if that fails. For the daemon that reloads. Other
    /// threads may use the old zone for a second.
    pub(crate) fn read_zone_again(&self) {
        Zone::read_again();
        forget_second();
        self.report_zone();
    }

    pub(super) fn report_zone(&self) {
        if let Some(source) = Zone::local().unreadable() {
            self.log(
                Level::Warn,
                format_args!("cannot read the time zone {source}; times are in UTC"),
            );
        }
    }

    /// Writes the buffered records to the log.
    pub fn flush(&self) {
        self.sink.flush();
    }

    /// Ends the use of the staging file of a forked child, which exits without `exit(3)`.
    pub(crate) fn leave(&self) {
        self.sink.finish();
    }

    /// Writes all counts and buffered records, before another program takes the place of this one.
    /// Records of other threads go to the log at once from now on.
    ///
    /// The process keeps its number, so a staging file that stays is in the way of that program. It
    /// recovers the records, as after a SIGKILL.
    pub(crate) fn hand_over(&self) {
        if let Some(throttle) = self.throttle() {
            throttle.tell_all(&mut |notice| self.tell(notice));
        }
        self.sink.finish();
    }

    /// Buffers records again, after the other program could not be executed.
    pub(crate) fn resume(&self) {
        Stage::forget_closed();
    }

    /// Follows a renamed file and reports counted records, at most once a second. The loop of the
    /// daemon calls it at each turn.
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
            throttle: Settable::holding(throttle),
            sink,
            ends: Once::new(),
        }
    }

    /// Makes the end of the process write what is counted or buffered, if there is any.
    fn write_at_exit(&self) {
        if self.sink.is_buffered() || self.throttle().is_some() {
            self.ends.call_once(|| crate::os::sys::at_exit(finish));
        }
    }

    pub(super) fn install(self, filter: Filter) -> Result<&'static Self, Error> {
        // Not on the heap: a value that lives as long as the process would pin the pages around it.
        static PLACE: OnceLock<Logger> = OnceLock::new();

        let is_second = || Error::other("the logger is installed already; install it once");
        PLACE.set(self).map_err(|_| is_second())?;
        let logger = PLACE.get().ok_or_else(is_second)?;
        let installed = log::set_logger(logger);
        let others = log::max_level();
        // Before `LOGGER` is set, so that no other thread changes the filter meanwhile.
        logger.threshold.set(filter);
        if installed.is_err() {
            // The macros of `log` use another logger, whose maximum level is restored.
            log::set_max_level(others);
        }
        LOGGER.set(logger).map_err(|_| is_second())?;
        logger.write_at_exit();
        let is_foreign = |_| {
            Error::other(
                "the process has another logger already; remove that, or leave it to the runtime",
            )
        };
        installed.map(|()| logger).map_err(is_foreign)
    }

    /// Writes the record if the filter admits it. Returns whether it reached the log or its buffer.
    #[allow(
        clippy::inline_always,
        reason = "a call would cost a tenth of a refused record"
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

    /// Separate from the filter, so that a refused record costs no stack and no register.
    #[inline(never)]
    fn accept(&self, level: Level, record: &Record<'_>) -> bool {
        self.throttle()
            .is_none_or(|throttle| self.throttle_admits(throttle, level, record))
            && self.write(level, record)
    }

    #[inline]
    pub(super) fn throttle(&self) -> Option<&Throttle> {
        self.throttle.get().filter(|_| LOG_EXTRAS)
    }

    #[cold]
    fn throttle_admits(&self, throttle: &Throttle, level: Level, record: &Record<'_>) -> bool {
        let second = Now::coarse().second;
        throttle.admits(level, record, second, &mut |notice| self.tell(notice))
    }

    /// Writes a line of the logger itself.
    pub(super) fn tell(&self, notice: fmt::Arguments<'_>) {
        self.announce(notice, &mut |line| self.sink.put(line, false, self));
    }

    /// Composes a record of the runtime, at the time of this call, to be written later by one
    /// `write(2)`. Returns `None` if the filter refuses it.
    pub(crate) fn prepare(
        &'static self,
        level: Level,
        message: fmt::Arguments<'_>,
    ) -> Option<Text> {
        let nearest = level
            .as_log_level()
            .filter(|_| self.admits(level, TARGET))?;
        let mut line = Line::new();
        let record = &mut Record::builder();
        record.level(nearest).target(TARGET).args(message);
        self.compose(&mut line, level, &record.build());
        let bytes = line.end().to_vec();
        self.sink.text(match self.sink.syslog() {
            Some(syslog) => syslog.frame(bytes),
            None => bytes,
        })
    }

    fn write(&self, level: Level, record: &Record<'_>) -> bool {
        let mut line = Line::new();
        let now = self.compose(&mut line, level, record);
        self.sink.look(now.second, self);
        self.sink.put(line.end(), level >= Level::Error, self)
    }

    #[inline]
    fn compose(&self, line: &mut Line, level: Level, record: &Record<'_>) -> Now {
        let zone = Zone::local();
        if let Some(syslog) = self.sink.syslog() {
            syslog.begin(line, zone, level);
        }
        let shape = (self.format, self.sink.audience());
        format::compose(line, shape, zone, (level, record))
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
        Zone::local().day(second)
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
        // A record may arrive before the logger is installed. The next drain writes it a second
        // later.
        if let Some(logger) = Logger::installed() {
            logger.sink.drain(records);
        }
    }

    fn compress(&self) {
        if let Some(logger) = Logger::installed()
            && let Err(error) = logger.sink.pack(stays_uncompressed)
        {
            stays_uncompressed(error);
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a thread passes its error")]
fn stays_uncompressed(error: Error) {
    if let Some(logger) = Logger::installed() {
        logger.log(Level::Warn, format_args!("{error}"));
    }
}

/// Writes all counts and buffered records at the end of the process. Recovery then has no work.
extern "C" fn finish() {
    if let Some(logger) = Logger::installed() {
        logger.hand_over();
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
        let done =
            fs::create_dir(&directory).map_err(|error| Error::at("create", &directory, error));
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
