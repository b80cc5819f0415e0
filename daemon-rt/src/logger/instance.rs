//! The one logger of a process: a record's way from the filter to the sink.

use std::fmt;
use std::io;
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
use super::threshold::{Exception, Glance, Threshold};
use super::throttle::Throttle;
use super::turn::Turn;

/// The one of this process.
pub(super) static LOGGER: OnceLock<&'static Logger> = OnceLock::new();

pub(super) struct Logger {
    pub(super) threshold: Threshold,
    format: Format,
    zone: &'static Zone,
    /// None unless records are limited or repeats are folded.
    throttle: Option<Throttle>,
    pub(super) sink: Sink,
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

    pub(super) fn install(self, filter: Filter) -> Result<(), Error> {
        // Not on the heap, where what lives as long as the process keeps the pages around it.
        static PLACE: OnceLock<Logger> = OnceLock::new();

        PLACE.set(self).map_err(|_| Error::Installed)?;
        let logger = PLACE.get().ok_or(Error::Missing)?;
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
        installed.map_err(|_| Error::Foreign)
    }

    /// Puts `filter` in force. One at a time: what `log` lets through goes with the logger's own.
    pub(super) fn set_filter(&self, filter: Filter) {
        let _turn = Turn::wait();
        self.threshold.set(filter);
    }

    /// Writes the record if the filter admits it; says whether it is in the log.
    #[allow(
        clippy::inline_always,
        reason = "a call more is a tenth of a refused record"
    )]
    #[inline(always)]
    pub(super) fn submit(&self, level: Level, record: &Record<'_>) -> bool {
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
        if let Some(logger) = LOGGER.get() {
            logger.sink.drain(records);
        }
    }

    fn compress(&self) {
        if let Some(logger) = LOGGER.get()
            && let Err(error) = logger.sink.pack(stays_uncompressed)
        {
            stays_uncompressed(error);
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a thread's last word")]
fn stays_uncompressed(error: io::Error) {
    if let Some(logger) = LOGGER.get() {
        logger.submit(
            Level::Warn,
            &Record::builder()
                .level(log::Level::Warn)
                .args(format_args!("an old log stays uncompressed: {error}"))
                .build(),
        );
    }
}

/// At the end of the process there is nothing left to recover.
extern "C" fn finish() {
    if let Some(logger) = LOGGER.get() {
        if let Some(throttle) = logger.throttle() {
            throttle.tell_all(&mut |notice| logger.tell(notice));
        }
        logger.sink.finish();
    }
}
