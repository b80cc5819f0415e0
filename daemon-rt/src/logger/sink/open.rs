//! The sink, and how it opens its output.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::stat::fstat;

use super::begun::Begun;
use super::rotate::Aging;
use crate::error::Error;
use crate::logger::extras::LOG_EXTRAS;
use crate::logger::format::Audience;
use crate::logger::log_lock::LogLock;
use crate::logger::log_place::LogPlace;
use crate::logger::output::{is_torn, write_whole};
use crate::logger::syslog::Syslog;
use crate::os::alarm::Text;
use crate::os::file_id::FileId;
use crate::os::sys::Settable;

/// Creates the error for a standard stream or a descriptor of the log.
pub(super) fn unusable(source: impl Into<io::Error>) -> Error {
    Error::step("use the log's descriptor", source)
}

/// The log as this process writes it.
///
/// To reopen it, `dup3(2)` atomically replaces the file behind the descriptor. So no writer needs a
/// lock. A `write(2)` in progress finishes on the old file.
pub(in crate::logger) struct Sink {
    pub(super) output: OwnedFd,
    pub(super) audience: AtomicU8,
    /// The path of the log, or none for one of the standard streams and for syslogd.
    pub(super) place: Settable<LogPlace>,
    /// The number of records lost since the last written one.
    pub(super) lost: AtomicU64,
    /// The error of the last lost record.
    pub(super) reason: AtomicI32,
    /// Whether the file ends in a partial record.
    pub(super) torn: AtomicBool,
    /// Whether the failure to follow the path was logged already.
    pub(super) stuck: AtomicBool,
    /// The second of the last check of the path.
    pub(super) looked: AtomicI64,
    pub(super) begun: Begun,
    /// The second of the last report on stderr.
    pub(super) complained: AtomicI64,
    /// The size of the staging file, or `None` if each record is written at once.
    pub(super) buffer: Option<usize>,
    pub(super) aging: Aging,
    /// The syslogd that takes the records, if one is configured.
    pub(super) syslog: Option<Syslog>,
    /// The identity of stderr at the start. If the number refers to another file later, it is not
    /// written to.
    pub(super) stderr: Option<FileId>,
}

impl Sink {
    /// Opens a sink that appends to the file at `place`, which was just found.
    pub(in crate::logger) fn file(
        place: LogPlace,
        buffer: Option<usize>,
        aging: Aging,
    ) -> Result<Self, Error> {
        let file = place.open_here()?;
        if buffer.is_none() {
            begin_line(file.as_fd());
        }
        let sink = Self {
            buffer,
            aging,
            ..Self::new(file.into(), Audience::Plain)
        };
        sink.aging.begin(sink.output.as_fd(), &place);
        sink.place.set(Some(place));
        Ok(sink)
    }

    /// Opens a sink on a copy of one of the standard streams.
    pub(in crate::logger) fn stream(
        stream: BorrowedFd<'_>,
        audience: Audience,
    ) -> Result<Self, Error> {
        let copy = stream.try_clone_to_owned().map_err(unusable)?;
        Ok(Self::new(copy, audience))
    }

    /// Opens a sink that sends to syslogd.
    pub(in crate::logger) fn syslog_to(syslog: Syslog) -> Result<Self, Error> {
        let output = syslog.open()?;
        Ok(Self {
            syslog: Some(syslog),
            ..Self::new(output, Audience::Syslog)
        })
    }

    fn new(output: OwnedFd, audience: Audience) -> Self {
        Self {
            output,
            audience: AtomicU8::new(audience as u8),
            place: Settable::empty(),
            lost: AtomicU64::new(0),
            reason: AtomicI32::new(0),
            torn: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            looked: AtomicI64::new(0),
            begun: Begun::unknown(),
            complained: AtomicI64::new(0),
            buffer: None,
            aging: Aging::default(),
            syslog: None,
            stderr: FileId::of(io::stderr()),
        }
    }

    #[inline]
    pub(in crate::logger) fn audience(&self) -> Audience {
        Audience::from_number(self.audience.load(Ordering::Relaxed))
    }

    /// Returns the syslogd that takes the records, if one does.
    #[inline]
    pub(in crate::logger) fn syslog(&self) -> Option<&Syslog> {
        match self.audience() {
            Audience::Syslog if LOG_EXTRAS => self.syslog.as_ref(),
            _ => None,
        }
    }

    /// Returns a text that is to be written to the log later, or `None` if it is closed.
    pub(in crate::logger) fn text(&'static self, bytes: Vec<u8>) -> Option<Text> {
        Text::new(self.output.as_fd(), bytes)
    }

    pub(in crate::logger) fn is_buffered(&self) -> bool {
        LOG_EXTRAS && self.buffer.is_some()
    }
}

/// The pause before the second check of the end of the log.
const PAUSE: Duration = Duration::from_millis(1);

/// Begins a new line after a partial record that a killed process or a power cut may have left. For
/// unbuffered output. A batch does so under its lock.
pub(super) fn begin_line(log: BorrowedFd<'_>) {
    let torn_size = || {
        let size = fstat(log).ok()?.st_size.unsigned_abs();
        is_torn(log, size).then_some(size)
    };
    let Some(size) = torn_size() else {
        return;
    };
    // The check is repeated under the lock, because another process may be inside a batch or a
    // `write(2)`.
    let lock = LogLock::take(log);
    std::thread::sleep(PAUSE);
    if lock.is_held() && torn_size() == Some(size) {
        // If this fails, the first record also fails.
        let _ = write_whole(log, b"\n");
    }
}
