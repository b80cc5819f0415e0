//! Where lines go: one descriptor whose number never changes, and what happens when it fails.

mod complaint;
mod follow;
mod pack;
mod rotate;

use crate::logger::own;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::stat::fstat;

use self::complaint::{Identity, identity};
pub(super) use self::follow::Turn;
use self::follow::UNKNOWN;
pub(super) use self::rotate::Aging;
use super::Error;
use super::clock::Day;
use super::extra::EXTRAS;
use super::format::Dress;
use super::output::{Failure, byte_at, is_torn, write_whole};
use super::place::Place;
use super::record_lock::LogLock;
use super::recover;
use super::stage::{Records, Stage};
use super::syslog::Syslog;
use crate::os::sys::Settable;

/// The log as this process writes it.
///
/// Opening anew puts another file behind the same number with `dup3(2)`, which is atomic: no
/// writer needs a lock, and one in the middle of a `write(2)` finishes it on the old file.
pub(super) struct Sink {
    output: OwnedFd,
    dress: AtomicU8,
    /// The log's path; none when the output is one of the process's own streams.
    place: Settable<Place>,
    /// Records not written since the last one that was.
    lost: AtomicU64,
    /// Why the last of them was not.
    reason: AtomicI32,
    /// Whether the file ends in a part of a record.
    torn: AtomicBool,
    /// Whether it is known already that the path cannot be opened.
    stuck: AtomicBool,
    /// The second in which the path was looked at last.
    looked: AtomicI64,
    /// A second of the day that the open file is of.
    begun: AtomicI64,
    /// The second in which stderr was told of a failure last.
    complained: AtomicI64,
    /// The bytes that are buffered in a staging file; none when each record is written at once.
    buffer: Option<usize>,
    aging: Aging,
    /// Who takes the records when the dress is syslog's.
    syslog: Option<Syslog>,
    /// What stderr was at the beginning; a number that means something else now is not written to.
    stderr: Option<Identity>,
}

/// What the sink needs of the logger around it.
pub(super) trait Host {
    /// Calls `write` with the whole line for what the logger itself has to say.
    fn announce(&self, notice: fmt::Arguments<'_>, write: &mut dyn FnMut(&[u8]) -> bool);

    /// The local day of `second`.
    fn day(&self, second: i64) -> Day;
}

impl Sink {
    /// A sink that appends to the file at `place`, which was just found.
    pub(super) fn file(place: Place, buffer: Option<usize>, aging: Aging) -> Result<Self, Error> {
        let file = place.open_here()?;
        if buffer.is_none() {
            begin_line(file.as_fd());
        }
        let sink = Self {
            buffer,
            aging,
            ..Self::new(file.into(), Dress::Plain)
        };
        sink.aging.begin(sink.output.as_fd(), &place);
        sink.place.set(Some(place));
        Ok(sink)
    }

    /// A sink on a copy of one of the process's own streams.
    pub(super) fn stream(stream: BorrowedFd<'_>, dress: Dress) -> Result<Self, Error> {
        let copy = stream.try_clone_to_owned().map_err(Error::Stream)?;
        Ok(Self::new(copy, dress))
    }

    /// A sink that sends to syslogd.
    pub(super) fn syslog_to(syslog: Syslog) -> Result<Self, Error> {
        let output = syslog.open().map_err(|errno| Error::Stream(errno.into()))?;
        Ok(Self {
            syslog: Some(syslog),
            ..Self::new(output, Dress::Syslog)
        })
    }

    fn new(output: OwnedFd, dress: Dress) -> Self {
        Self {
            output,
            dress: AtomicU8::new(dress as u8),
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
    pub(super) fn dress(&self) -> Dress {
        Dress::from_number(self.dress.load(Ordering::Relaxed))
    }

    /// Who takes the records, if it is syslogd.
    #[inline]
    pub(super) fn syslog(&self) -> Option<&Syslog> {
        match self.dress() {
            Dress::Syslog if EXTRAS => self.syslog.as_ref(),
            _ => None,
        }
    }

    pub(super) fn is_buffered(&self) -> bool {
        EXTRAS && self.buffer.is_some()
    }

    /// Puts one line into the log, or into the staging file if there is one: at once when it is
    /// `urgent`. Says whether it is there.
    #[inline]
    pub(super) fn put(&self, line: &[u8], urgent: bool, host: &impl Host) -> bool {
        match self.stage() {
            None => self.put_now(line, host),
            Some(stage) => self.put_staged(stage, line, urgent, host),
        }
    }

    #[inline]
    fn put_now(&self, line: &[u8], host: &impl Host) -> bool {
        if self.lost.load(Ordering::Relaxed) > 0 && !self.own_up(host) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let written = self.write_line(line);
        if !written {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        written
    }

    fn put_staged(&self, stage: &Stage, line: &[u8], urgent: bool, host: &impl Host) -> bool {
        let mut records = stage.lock();
        if self.push(&mut records, line, urgent) {
            return true;
        }
        if !self.drain(&mut records) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        // There is room now, unless the line is longer than the buffer, or that is not used any more.
        self.push(&mut records, line, urgent) || {
            let place = self.place.get();
            let _lock = place.map(|place| records.lock_whole(self.output.as_fd(), place));
            self.put_now(line, host)
        }
    }

    /// Puts a line into the staging file, if it may wait there and there is room.
    #[inline]
    fn push(&self, records: &mut Records, line: &[u8], urgent: bool) -> bool {
        let may_wait = records.is_open() && self.lost.load(Ordering::Relaxed) == 0;
        let is_there = may_wait && records.push(line);
        if is_there && (urgent || records.is_broken()) {
            // A failure keeps the record where it is, and is told by `drain`.
            self.drain(records);
        }
        is_there
    }

    /// The staging file of this process, made at its first record: a forked child's is its own.
    #[inline]
    fn stage(&self) -> Option<&'static Stage> {
        let capacity = self.buffer.filter(|_| EXTRAS)?;
        own::stage().get().or_else(|| self.make_stage(capacity))
    }

    /// The others wait meanwhile: written at once, their records could come behind a part of another
    /// process's batch. After a failure everything is written at once.
    #[cold]
    fn make_stage(&self, capacity: usize) -> Option<&'static Stage> {
        let is_staged = own::is_staged();
        if !is_staged.load(Ordering::Acquire) {
            let _turn = Turn::wait();
            if !is_staged.load(Ordering::Acquire) {
                self.make_stage_once(capacity);
                is_staged.store(true, Ordering::Release);
            }
        }
        own::stage().get()
    }

    fn make_stage_once(&self, capacity: usize) {
        let Some(place) = self.place.get() else {
            return;
        };
        own::stage().set(Stage::create(place, capacity).ok());
        let sink = || super::LOGGER.get().map(|logger| &logger.sink);
        let is_drained = |stage: &'static Stage| stage.drain_regularly(sink).is_ok();
        if !own::stage().get().is_some_and(is_drained) {
            // Nobody would drain within a second. Another thread may have found the file already.
            self.retire_stage(place);
            own::stage().set(None);
        }
    }

    /// Puts what is staged into the log; says whether all of it is there.
    pub(super) fn flush(&self) -> bool {
        // Without a buffer not even the page is made that would say so.
        self.buffer.is_none() || Stage::own().is_none_or(|stage| self.drain(&mut stage.lock()))
    }

    pub(super) fn drain(&self, records: &mut Records) -> bool {
        // Only a log at a place has a staging file.
        let Some(place) = self.place.get() else {
            return true;
        };
        let drained = records.drain(self.output.as_fd(), place);
        match drained {
            Err(failure) => self.fail(failure),
            // From now on each record is written at once.
            Ok(()) if records.is_open() && records.is_broken() => {
                if let Some(stage) = Stage::own() {
                    records.close(place, stage.name());
                }
            }
            Ok(()) => {}
        }
        drained.is_ok()
    }

    /// Ends the use of the staging file, which is at `place`, if all in it can be written; says whether
    /// that is so.
    fn retire_stage(&self, place: &Place) -> bool {
        let Some(stage) = Stage::own() else {
            return true;
        };
        let mut records = stage.lock();
        let drained = self.drain(&mut records);
        if drained {
            records.close(place, stage.name());
        }
        drained
    }

    /// The same at the end of the process.
    pub(super) fn finish(&self) {
        if let Some(place) = self.place.get() {
            self.retire_stage(place);
        }
    }

    /// Writes a line; says whether all of it is in the log.
    #[inline]
    fn write_line(&self, line: &[u8]) -> bool {
        let written = match self.syslog() {
            None => write_whole(self.output.as_fd(), line),
            Some(syslog) => syslog.send(self.output.as_fd(), line),
        };
        if let Err(failure) = written {
            self.fail(failure);
            self.torn.fetch_or(failure.done > 0, Ordering::Relaxed);
        }
        written.is_ok()
    }

    /// Tells the log how many records are missing from it; false when it still cannot be written.
    #[cold]
    fn own_up(&self, host: &impl Host) -> bool {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return true;
        }
        let reason = Errno::from_raw(self.reason.load(Ordering::Relaxed)).desc();
        let records = if lost == 1 { "record" } else { "records" };
        let mut done = false;
        host.announce(
            format_args!("{lost} {records} lost: {reason}"),
            &mut |line| {
                let torn = self.torn.swap(false, Ordering::Relaxed);
                // Somebody else may have begun a new line.
                let ended = !torn
                    || last_byte(self.output.as_fd()) == Some(b'\n')
                    || self.write_line(b"\n");
                self.torn.fetch_or(!ended, Ordering::Relaxed);
                done = ended && self.write_line(line);
                done
            },
        );
        if !done {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
        done
    }

    #[cold]
    fn fail(&self, failure: Failure) {
        self.reason.store(failure.errno as i32, Ordering::Relaxed);
        self.complain(failure.errno);
    }
}

/// Ends the part of a record that a killed process, or a power cut, may have left at the log's end. For who
/// writes at once: a batch waits first for who may complete the part.
fn begin_line(log: BorrowedFd<'_>) {
    let torn_size = || {
        let size = fstat(log).ok()?.st_size.unsigned_abs();
        is_torn(log, size).then_some(size)
    };
    let Some(size) = torn_size() else {
        return;
    };
    // Locked and looked at again: another process may be in the middle of a batch, or of a `write(2)`.
    let lock = LogLock::take(log);
    std::thread::sleep(recover::PAUSE);
    if lock.is_held() && torn_size() == Some(size) {
        // Where this fails, so will the first record.
        let _ = write_whole(log, b"\n");
    }
}

fn last_byte(log: BorrowedFd<'_>) -> Option<u8> {
    byte_at(log, fstat(log).ok()?.st_size.unsigned_abs().checked_sub(1)?)
}
