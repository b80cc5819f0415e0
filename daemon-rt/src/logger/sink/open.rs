//! The sink, and how it opens its output.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::stat::fstat;

use super::rotate::Aging;
use crate::logger::error::Error;
use crate::logger::extras::LOG_EXTRAS;
use crate::logger::format::Audience;
use crate::logger::log_lock::LogLock;
use crate::logger::log_place::LogPlace;
use crate::logger::output::{Identity, identity, is_torn, write_whole};
use crate::logger::syslog::Syslog;
use crate::os::sys::Settable;

/// No second yet.
pub(super) const UNKNOWN: i64 = i64::MIN;

/// The log as this process writes it.
///
/// Opening anew puts another file behind the same number with `dup3(2)`, which is atomic: no
/// writer needs a lock, and one in the middle of a `write(2)` finishes it on the old file.
pub(in crate::logger) struct Sink {
    pub(super) output: OwnedFd,
    pub(super) audience: AtomicU8,
    /// The log's path; none when the output is one of the process's own streams.
    pub(super) place: Settable<LogPlace>,
    /// Records not written since the last one that was.
    pub(super) lost: AtomicU64,
    /// Why the last of them was not.
    pub(super) reason: AtomicI32,
    /// Whether the file ends in a part of a record.
    pub(super) torn: AtomicBool,
    /// Whether it is known already that the path cannot be opened.
    pub(super) stuck: AtomicBool,
    /// The second in which the path was looked at last.
    pub(super) looked: AtomicI64,
    /// A second of the day that the open file is of.
    pub(super) begun: AtomicI64,
    /// The second in which stderr was told of a failure last.
    pub(super) complained: AtomicI64,
    /// The bytes that are buffered in a staging file; none when each record is written at once.
    pub(super) buffer: Option<usize>,
    pub(super) aging: Aging,
    /// syslogd, if that takes the records.
    pub(super) syslog: Option<Syslog>,
    /// What stderr was at the beginning; a number that means something else now is not written to.
    pub(super) stderr: Option<Identity>,
}

impl Sink {
    /// A sink that appends to the file at `place`, which was just found.
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

    /// A sink on a copy of one of the process's own streams.
    pub(in crate::logger) fn stream(
        stream: BorrowedFd<'_>,
        audience: Audience,
    ) -> Result<Self, Error> {
        let copy = stream.try_clone_to_owned().map_err(Error::Stream)?;
        Ok(Self::new(copy, audience))
    }

    /// A sink that sends to syslogd.
    pub(in crate::logger) fn syslog_to(syslog: Syslog) -> Result<Self, Error> {
        let output = syslog.open().map_err(|errno| Error::Stream(errno.into()))?;
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
            begun: AtomicI64::new(UNKNOWN),
            complained: AtomicI64::new(0),
            buffer: None,
            aging: Aging::default(),
            syslog: None,
            stderr: fstat(io::stderr()).ok().as_ref().map(identity),
        }
    }

    #[inline]
    pub(in crate::logger) fn audience(&self) -> Audience {
        Audience::from_number(self.audience.load(Ordering::Relaxed))
    }

    /// Who takes the records, if it is syslogd.
    #[inline]
    pub(in crate::logger) fn syslog(&self) -> Option<&Syslog> {
        match self.audience() {
            Audience::Syslog if LOG_EXTRAS => self.syslog.as_ref(),
            _ => None,
        }
    }

    pub(in crate::logger) fn is_buffered(&self) -> bool {
        LOG_EXTRAS && self.buffer.is_some()
    }
}

/// How long to wait before a second look at the end of the log.
const PAUSE: Duration = Duration::from_millis(1);

/// Begins a new line after a partial record that a killed process, or a power cut, may have left at the
/// log's end. For unbuffered output; a batch does so under its lock.
pub(super) fn begin_line(log: BorrowedFd<'_>) {
    let torn_size = || {
        let size = fstat(log).ok()?.st_size.unsigned_abs();
        is_torn(log, size).then_some(size)
    };
    let Some(size) = torn_size() else {
        return;
    };
    // Locked and looked at again: another process may be in the middle of a batch, or of a `write(2)`.
    let lock = LogLock::take(log);
    std::thread::sleep(PAUSE);
    if lock.is_held() && torn_size() == Some(size) {
        // Where this fails, so will the first record.
        let _ = write_whole(log, b"\n");
    }
}
