//! Going on in another file: at a signal, by a call, or because the path leads to another one.

use crate::logger::own;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::stat::{FileStat, fstat};

use super::{Host, Sink, begin_line, identity};
use crate::logger::extra::EXTRAS;
use crate::logger::format::Dress;
use crate::logger::place::Place;
use crate::logger::stage::Stage;
use crate::logger::{self, Error, Level};
use crate::os::sys;

impl Sink {
    /// Opens the path anew and goes on there. With an error everything stays as it was. Does
    /// nothing for a stream.
    pub(in crate::logger) fn reopen(&self) -> Result<(), Error> {
        let Some(place) = self.place.get() else {
            return Ok(());
        };
        let _turn = Turn::wait();
        self.follow(place)
    }

    /// Goes on in the file that the path leads to now, and in its folder, if that is another one.
    fn follow(&self, place: &Place) -> Result<(), Error> {
        if place.is_elsewhere() {
            self.move_to(Place::of(place.path())?)
        } else {
            self.go_on_in(|| place.open())
        }
    }

    /// Goes on in the file at `path`, from this record on. With an error everything stays.
    pub(in crate::logger) fn set_file(&self, path: &Path) -> Result<(), Error> {
        let place = Place::of(path)?;
        let _turn = Turn::wait();
        self.move_to(place)
    }

    fn move_to(&self, place: Place) -> Result<(), Error> {
        let old = self.place.get();
        self.go_on_in(|| place.open_here())?;
        self.place.set(Some(place));
        // What the old file's full disk has not taken is the new one's.
        if old.is_none_or(|old| self.retire_stage(old)) {
            // In this order: who finds no file waits for the turn and makes one.
            own::is_staged().store(false, Ordering::Release);
            own::stage().set(None);
        }
        self.dress.store(Dress::Plain as u8, Ordering::Relaxed);
        Ok(())
    }

    fn go_on_in(&self, open: impl FnOnce() -> Result<File, Error>) -> Result<(), Error> {
        // With the stage locked: to close the log, as a failure does, too, while another thread drains
        // would unlock it for others.
        let mut records = Stage::own().map(Stage::lock);
        let file = open()?;
        // A batch is noted and written to one file, and what was logged before goes to the old one.
        let is_new = fstat(&file).ok().as_ref().map(identity)
            != fstat(&self.output).ok().as_ref().map(identity);
        let _ = records.as_mut().is_none_or(|records| self.drain(records));
        sys::replace(self.output.as_fd(), file.as_fd())
            .map_err(|errno| Error::Stream(errno.into()))?;
        drop(file);
        self.stuck.store(false, Ordering::Relaxed);
        if is_new {
            // A torn line, if any, is in the file that was left.
            self.torn.store(false, Ordering::Relaxed);
            self.begun.store(UNKNOWN, Ordering::Relaxed);
            if self.buffer.is_none() {
                begin_line(self.output.as_fd());
            }
        }
        Ok(())
    }

    /// Looks, at most once a second, whether the path still leads to the open file, and follows it
    /// if not: logrotate's `create` needs no signal then. Rotates the log if that is its own task.
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
            Ok(there) => identity(&there) != identity(&open),
            Err(errno) => errno == Errno::ENOENT,
        };
        let begun = self.begun(&open, now);
        let due = EXTRAS && !moved && self.aging.is_due(&open, begun, now, host);
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
                start_packing();
            }
            return;
        };
        if !self.stuck.swap(true, Ordering::Relaxed) {
            host.announce(
                format_args!("{error}; the log goes on in the file that was there before"),
                &mut |line| self.put(line, false, host),
            );
        }
    }
}

/// No second yet.
pub(super) const UNKNOWN: i64 = i64::MIN;

impl Sink {
    /// A second of the day that the open file is of. Not simply that of its last record: one from
    /// before midnight may be written after it, by the buffer's thread or by another process.
    fn begun(&self, open: &FileStat, now: i64) -> i64 {
        let known = match self.begun.load(Ordering::Relaxed) {
            UNKNOWN => open.st_mtime,
            known => known,
        };
        // A clock that was set back is right.
        let begun = known.min(now);
        self.begun.store(begun, Ordering::Relaxed);
        begun
    }
}

fn start_packing() {
    let failed = |error: std::io::Error| {
        let _ = logger::log(
            Level::Warn,
            format_args!("an old log stays uncompressed: {error}"),
        );
    };
    if let Some(logger) = logger::LOGGER.get()
        && let Err(error) = logger.sink.pack(failed)
    {
        failed(error);
    }
}

/// The right to put another file behind the output, to make a staging file or to take part in others', or to
/// put another filter in force. Whoever has it must not log: a first record waits for it, too. A forked
/// child finds it free.
pub(in crate::logger) struct Turn;

impl Turn {
    fn try_take() -> Option<Self> {
        let taken = own::turn().swap(true, Ordering::Acquire);
        // Not `then_some`: a turn that is made is given back, also that of somebody else.
        (!taken).then(|| Self)
    }

    /// Whoever has it mostly needs some system calls. Sleeps, for that may be a thread that is not to
    /// run before this one.
    pub(in crate::logger) fn wait() -> Self {
        loop {
            match Self::try_take() {
                Some(turn) => return turn,
                None => std::thread::sleep(PAUSE),
            }
        }
    }
}

/// Between two looks whether the turn is free.
const PAUSE: Duration = Duration::from_micros(50);

impl Drop for Turn {
    fn drop(&mut self) {
        own::turn().store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn a_turn_is_one_persons() {
        let turn = Turn::wait();
        for _ in 0..2 {
            assert!(Turn::try_take().is_none());
        }
        drop(turn);
        assert!(Turn::try_take().is_some());
        assert!(Turn::try_take().is_some());
    }
}
