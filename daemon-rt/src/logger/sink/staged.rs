//! The way through the staging file, where records are buffered.

use std::os::fd::AsFd;
use std::sync::atomic::Ordering;

use super::host::Host;
use super::open::Sink;
use crate::logger::extras::LOG_EXTRAS;
use crate::logger::log_lock::LogLock;
use crate::logger::log_place::LogPlace;
use crate::logger::stage::{Records, Stage};
use crate::logger::turn::Turn;

impl Sink {
    pub(super) fn put_staged(
        &self,
        stage: &Stage,
        line: &[u8],
        urgent: bool,
        host: &impl Host,
    ) -> bool {
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
            let lock = LogLock::take(self.output.as_fd());
            // Where this fails, so does the record.
            let _ = lock.begin_line();
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
    pub(super) fn stage<H: Host>(&self, _host: &H) -> Option<&'static Stage> {
        let capacity = self.buffer.filter(|_| LOG_EXTRAS)?;
        Stage::slot()
            .get()
            .or_else(|| self.make_stage::<H>(capacity))
    }

    /// The others wait meanwhile: written at once, their records could come behind a part of another
    /// process's batch. After a failure everything is written at once.
    #[cold]
    fn make_stage<H: Host>(&self, capacity: usize) -> Option<&'static Stage> {
        let is_staged = Stage::is_made();
        if !is_staged.load(Ordering::Acquire) {
            let _turn = Turn::wait();
            if !is_staged.load(Ordering::Acquire) {
                self.make_stage_once::<H>(capacity);
                is_staged.store(true, Ordering::Release);
            }
        }
        Stage::slot().get()
    }

    fn make_stage_once<H: Host>(&self, capacity: usize) {
        let Some(place) = self.place.get() else {
            return;
        };
        Stage::slot().set(Stage::create(place, capacity).ok());
        let is_drained = |stage: &'static Stage| stage.drain_regularly(H::drain).is_ok();
        if !Stage::slot().get().is_some_and(is_drained) {
            // Nobody would drain within a second. Another thread may have found the file already.
            self.retire_stage(place);
            Stage::slot().set(None);
        }
    }

    /// Puts what is staged into the log; says whether all of it is there.
    pub(in crate::logger) fn flush(&self) -> bool {
        self.buffer.is_none() || Stage::own().is_none_or(|stage| self.drain(&mut stage.lock()))
    }

    pub(in crate::logger) fn drain(&self, records: &mut Records) -> bool {
        // Only a log at a place has a staging file.
        let Some(place) = self.place.get() else {
            return true;
        };
        let drained = records.drain(self.output.as_fd());
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
    pub(super) fn retire_stage(&self, place: &LogPlace) -> bool {
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
    pub(in crate::logger) fn finish(&self) {
        if let Some(place) = self.place.get() {
            self.retire_stage(place);
        }
    }
}
