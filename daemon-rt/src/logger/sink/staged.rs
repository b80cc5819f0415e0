//! The path of a record through the staging file.

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
        // There is room now, unless the line is longer than the buffer or the file is no longer
        // used.
        self.push(&mut records, line, urgent) || {
            let lock = LogLock::take(self.output.as_fd());
            // If this fails, the record also fails.
            let _ = lock.begin_line();
            self.put_now(line, host)
        }
    }

    /// Adds a line to the staging file, if it may wait there and fits.
    #[inline]
    fn push(&self, records: &mut Records, line: &[u8], urgent: bool) -> bool {
        let may_wait = records.is_open() && self.lost.load(Ordering::Relaxed) == 0;
        let is_there = may_wait && records.push(line);
        if is_there && (urgent || records.is_broken()) {
            // After a failure the record stays in the file, and `drain` reports the failure.
            self.drain(records);
        }
        is_there
    }

    /// Returns the staging file of this process, and creates it at the first record. A forked child
    /// creates its own.
    #[inline]
    pub(super) fn stage<H: Host>(&self, _host: &H) -> Option<&'static Stage> {
        let capacity = self.buffer.filter(|_| LOG_EXTRAS)?;
        Stage::slot()
            .get()
            .or_else(|| self.make_stage::<H>(capacity))
    }

    /// Creates the staging file while other threads wait. Written at once, their records could
    /// follow a partial batch of another process. After a failure each record is written at once.
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
            // No thread would drain within a second. Another thread may have found the file
            // already.
            self.retire_stage(place);
            Stage::slot().set(None);
        }
    }

    /// Writes the staged records to the log. Returns whether all of them are there.
    pub(in crate::logger) fn flush(&self) -> bool {
        self.buffer.is_none() || Stage::own().is_none_or(|stage| self.drain(&mut stage.lock()))
    }

    pub(in crate::logger) fn drain(&self, records: &mut Records) -> bool {
        // Only a log with a path has a staging file.
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

    /// Ends the use of the staging file at `place` if all its records can be written. Returns
    /// whether they were.
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

    /// Ends the use of the staging file at the end of the process.
    pub(in crate::logger) fn finish(&self) {
        if let Some(place) = self.place.get() {
            self.retire_stage(place);
        }
    }
}
