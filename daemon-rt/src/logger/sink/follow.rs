//! Continues in another file: by a signal or a call, or because the path leads to another file.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::sys::stat::fstat;

use super::compress::{adopt_all, make};
use super::host::Host;
use super::old_files::is_at;
use super::open::{Sink, begin_line, unusable};
use crate::error::Error;
use crate::logger::extras::LOG_EXTRAS;
use crate::logger::format::Audience;
use crate::logger::log_lock::LogLock;
use crate::logger::log_place::LogPlace;
use crate::logger::stage::Stage;
use crate::logger::turn::Turn;
use crate::os::file_id::FileId;
use crate::os::{sys, threads};

impl Sink {
    /// Reopens the path and continues there. After an error the old file stays open. Does nothing
    /// for a stream.
    pub(in crate::logger) fn reopen(&self) -> Result<(), Error> {
        let Some(place) = self.place.get() else {
            return Ok(());
        };
        let _turn = Turn::wait();
        self.follow(place)
    }

    /// Continues in the file to which the path now leads. If the directory was replaced, also
    /// adopts the new directory.
    fn follow(&self, place: &LogPlace) -> Result<(), Error> {
        if place.is_elsewhere() {
            self.move_to(LogPlace::of(place.path())?)
        } else {
            self.go_on_in(|| place.open())
        }
    }

    /// Continues in the file at `path`, from this record on. After an error the old file stays
    /// open.
    pub(in crate::logger) fn set_file(&self, path: &Path) -> Result<(), Error> {
        let place = LogPlace::of(path)?;
        let _turn = Turn::wait();
        self.move_to(place)
    }

    fn move_to(&self, place: LogPlace) -> Result<(), Error> {
        let old = self.place.get();
        self.go_on_in(|| place.open_here())?;
        self.place.set(Some(place));
        // Records that the full disk of the old file rejected go to the new file.
        if old.is_none_or(|old| self.retire_stage(old)) {
            // In this order a thread that finds no staging file waits for the turn, and creates
            // one.
            Stage::is_made().store(false, Ordering::Release);
            Stage::slot().set(None);
        }
        self.audience
            .store(Audience::Plain as u8, Ordering::Relaxed);
        Ok(())
    }

    fn go_on_in(&self, open: impl FnOnce() -> Result<File, Error>) -> Result<(), Error> {
        // The stage is locked, because to close the log would release the lock of a thread that
        // drains. A failure also closes it.
        let mut records = Stage::own().map(Stage::lock);
        let file = open()?;
        // A batch is noted for and written to one file. Earlier records go to the old file.
        let is_new = FileId::of(&file) != FileId::of(&self.output);
        let _ = records.as_mut().is_none_or(|records| self.drain(records));
        sys::replace(self.output.as_fd(), file.as_fd()).map_err(unusable)?;
        drop(file);
        self.stuck.store(false, Ordering::Relaxed);
        if is_new {
            // A partial record, if any, is in the old file.
            self.torn.store(false, Ordering::Relaxed);
            self.begun.forget();
            if self.buffer.is_none() {
                begin_line(self.output.as_fd());
            }
        }
        Ok(())
    }

    /// Checks, at most once a second, whether the path still leads to the open file. Follows the
    /// path if it does not, so logrotate's `create` needs no signal. Also rotates the log if that
    /// is configured and due.
    #[inline]
    pub(in crate::logger) fn look(&self, now: i64, host: &impl Host) {
        if self.looked.load(Ordering::Relaxed) != now {
            self.look_now(now, host);
        }
    }

    #[cold]
    fn look_now(&self, now: i64, host: &impl Host) {
        let Some(place) = self.place.get() else {
            return;
        };
        if self.looked.swap(now, Ordering::Relaxed) == now {
            return;
        }
        let Ok(open) = fstat(&self.output) else {
            return;
        };
        let moved = match place.stat() {
            Ok(there) => FileId::from(&there) != FileId::from(&open),
            Err(errno) => errno == Errno::ENOENT,
        };
        let begun = self.begun.second(open.st_mtime, now);
        let due = LOG_EXTRAS && !moved && self.aging.is_due(&open, begun, now, host);
        if !moved && !due {
            return;
        }
        let Some(turn) = Turn::try_take() else {
            return;
        };
        let rotated = if due {
            self.aging.rotate(self.output.as_fd(), place)
        } else {
            Ok(())
        };
        let followed = rotated.and_then(|()| self.follow(place));
        drop(turn);
        let Err(error) = followed else {
            if due && self.aging.keep.compress {
                host.compress();
            }
            return;
        };
        if !self.stuck.swap(true, Ordering::Relaxed) {
            host.announce(
                format_args!("{error}; the log continues in the previous file"),
                &mut |line| self.put(line, false, host),
            );
        }
    }
}

impl Sink {
    /// Starts a thread that compresses the newest settled old file, if there is one.
    pub(in crate::logger) fn pack(&'static self, tell: fn(Error)) -> Result<(), Error> {
        let work = move || {
            threads::block_signals();
            match self.place.get().map_or(Ok(false), make) {
                Ok(true) => self.adopt(),
                Ok(false) => {}
                Err(error) => tell(error),
            }
        };
        let thread = std::thread::Builder::new().name("log-gzip".to_owned());
        let started = thread.spawn(work).map(drop);
        started.map_err(|error| Error::step("compress an old log", error))
    }

    /// Gives compressed files their final names. If another process rotates the log meanwhile, the
    /// next rotation does so.
    fn adopt(&self) {
        let Some(place) = self.place.get() else {
            return;
        };
        let _turn = Turn::wait();
        let _pause = Stage::own().map(Stage::lock);
        let lock = LogLock::take(self.output.as_fd());
        if lock.is_held() && is_at(self.output.as_fd(), place) {
            adopt_all(place, self.aging.keep.files);
        }
    }
}
