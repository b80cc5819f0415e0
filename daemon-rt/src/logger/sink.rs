//! Where lines go: one descriptor whose number never changes, and what happens when it fails.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{FileStat, fstat};
use nix::unistd::write;

use super::Error;
use super::clock::Now;
use super::format::Dress;
use super::place::Place;
use crate::sys::{self, Settable};

/// How long a record waits for a full pipe that somebody made non-blocking, in milliseconds.
const PIPE_WAIT: u16 = 1000;

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
    /// The second in which stderr was told of a failure last.
    complained: AtomicI64,
    /// What stderr was at the beginning; a number that means something else now is not written to.
    stderr: Option<Identity>,
}

type Identity = (u64, u64, u64);

fn identity(file: &FileStat) -> Identity {
    (file.st_dev, file.st_ino, file.st_rdev)
}

/// A line that the logger itself has to say; the sink does not know how lines look.
pub(super) trait Announce {
    /// Calls `write` with the whole line for `notice`.
    fn announce(&self, notice: fmt::Arguments<'_>, write: &mut dyn FnMut(&[u8]) -> bool);
}

impl Sink {
    /// A sink that appends to the file at `path`.
    pub(super) fn file(path: &Path) -> Result<Self, Error> {
        let place = Place::of(path)?;
        let file = place.open()?;
        let sink = Self::new(file.into(), Dress::Plain);
        sink.place.set(Some(place));
        Ok(sink)
    }

    /// A sink on a copy of one of the process's own streams.
    pub(super) fn stream(stream: BorrowedFd<'_>, dress: Dress) -> Result<Self, Error> {
        let copy = stream.try_clone_to_owned().map_err(Error::Stream)?;
        Ok(Self::new(copy, dress))
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
            complained: AtomicI64::new(0),
            stderr: fstat(io::stderr()).ok().as_ref().map(identity),
        }
    }

    #[inline]
    pub(super) fn dress(&self) -> Dress {
        Dress::from_number(self.dress.load(Ordering::Relaxed))
    }

    /// Writes one line; says whether it is in the log.
    #[inline]
    pub(super) fn put(&self, line: &[u8], announcer: &impl Announce) -> bool {
        if self.lost.load(Ordering::Relaxed) > 0 && !self.own_up(announcer) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        match write_whole(self.output.as_fd(), line) {
            Ok(()) => true,
            Err(failure) => {
                self.fail(failure, 1);
                false
            }
        }
    }

    /// Tells the log how many records are missing from it; false when it still cannot be written.
    #[cold]
    fn own_up(&self, announcer: &impl Announce) -> bool {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return true;
        }
        let reason = Errno::from_raw(self.reason.load(Ordering::Relaxed)).desc();
        let records = if lost == 1 { "record" } else { "records" };
        let mut done = false;
        announcer.announce(
            format_args!("{lost} {records} lost: {reason}"),
            &mut |line| {
                let torn = self.torn.swap(false, Ordering::Relaxed);
                let ended = !torn || write_whole(self.output.as_fd(), b"\n").is_ok();
                if !ended {
                    self.torn.store(true, Ordering::Relaxed);
                }
                done = ended
                    && write_whole(self.output.as_fd(), line)
                        .map_err(|failure| self.fail(failure, 0))
                        .is_ok();
                done
            },
        );
        if !done {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
        done
    }

    #[cold]
    fn fail(&self, failure: Failure, records: u64) {
        self.reason.store(failure.errno as i32, Ordering::Relaxed);
        if failure.torn {
            self.torn.store(true, Ordering::Relaxed);
        }
        self.lost.fetch_add(records, Ordering::Relaxed);
        self.complain(failure.errno);
    }

    /// Tells stderr, at most once a second, if it is still what it was and takes it at once.
    fn complain(&self, errno: Errno) {
        let now = Now::coarse().second;
        if self.complained.swap(now, Ordering::Relaxed) == now {
            return;
        }
        let stderr = io::stderr();
        let same = fstat(&stderr).ok().as_ref().map(identity);
        let is_output = same == fstat(&self.output).ok().as_ref().map(identity);
        let mut ready = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
        if same.is_none()
            || same != self.stderr
            || is_output
            || poll(&mut ready, PollTimeout::ZERO) != Ok(1)
        {
            return;
        }
        let path = self
            .place
            .get()
            .map_or(Path::new("its stream"), Place::path);
        let mut text = super::line::Line::new();
        text.push_display::<super::escape::Message>(format_args!(
            "cannot write the log to {}: {}",
            path.display(),
            errno.desc()
        ));
        let _ = write(&stderr, text.end());
    }

    /// Opens the path anew and goes on there. With an error everything stays as it was. Does
    /// nothing for a stream.
    pub(super) fn reopen(&self) -> Result<(), Error> {
        let Some(place) = self.place.get() else {
            return Ok(());
        };
        let _turn = Turn::wait();
        self.go_on_in(&place.open()?)
    }

    /// Goes on in the file at `path`, from this record on. With an error everything stays.
    pub(super) fn set_file(&self, path: &Path) -> Result<(), Error> {
        let place = Place::of(path)?;
        let _turn = Turn::wait();
        self.go_on_in(&place.open()?)?;
        self.place.set(Some(place));
        self.dress.store(Dress::Plain as u8, Ordering::Relaxed);
        Ok(())
    }

    fn go_on_in(&self, file: &File) -> Result<(), Error> {
        sys::replace(self.output.as_fd(), file.as_fd())
            .map_err(|errno| Error::Stream(errno.into()))?;
        // A torn line, if any, is in the file that was left.
        self.torn.store(false, Ordering::Relaxed);
        self.stuck.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Looks, at most once a second, whether the path still leads to the open file, and follows it
    /// if not: logrotate's `create` needs no signal then.
    #[inline]
    pub(super) fn look(&self, now: i64, announcer: &impl Announce) {
        if self.looked.load(Ordering::Relaxed) != now {
            self.look_now(now, announcer);
        }
    }

    #[cold]
    fn look_now(&self, now: i64, announcer: &impl Announce) {
        let Some(place) = self.place.get() else {
            return;
        };
        if self.looked.swap(now, Ordering::Relaxed) == now || !self.has_moved(place) {
            return;
        }
        let Some(_turn) = Turn::try_take() else {
            return;
        };
        let Err(error) = place.open().and_then(|file| self.go_on_in(&file)) else {
            return;
        };
        if self.stuck.swap(true, Ordering::Relaxed) {
            return;
        }
        let notice = format_args!("{error}; the log goes on in the file that was there before");
        announcer.announce(notice, &mut |line| {
            write_whole(self.output.as_fd(), line).is_ok()
        });
    }

    fn has_moved(&self, place: &Place) -> bool {
        let Ok(open) = fstat(&self.output) else {
            return false;
        };
        match place.stat() {
            Ok(there) => identity(&there) != identity(&open),
            Err(errno) => errno == Errno::ENOENT,
        }
    }
}

/// The right to put another file behind the output. A forked child finds it free.
struct Turn;

impl Turn {
    fn try_take() -> Option<Self> {
        let taken = sys::own_page().reopening.swap(true, Ordering::Acquire);
        (!taken).then_some(Self)
    }

    /// The others hold it for an `open(2)` and a `dup3(2)`.
    fn wait() -> Self {
        loop {
            match Self::try_take() {
                Some(turn) => return turn,
                None => std::thread::yield_now(),
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        sys::own_page().reopening.store(false, Ordering::Release);
    }
}

/// Why a line is not in the log, or only a part of it.
#[derive(Debug, Clone, Copy)]
struct Failure {
    errno: Errno,
    torn: bool,
}

/// `write(2)` until all is written; more than one call only when the kernel took a part.
#[inline]
fn write_whole(output: BorrowedFd<'_>, line: &[u8]) -> Result<(), Failure> {
    match write(output, line) {
        Ok(written) if written == line.len() => Ok(()),
        first => write_rest(output, line, first),
    }
}

#[cold]
fn write_rest(
    output: BorrowedFd<'_>,
    line: &[u8],
    first: nix::Result<usize>,
) -> Result<(), Failure> {
    let mut done = 0;
    let mut last = first;
    loop {
        match last {
            Ok(written) => done += written,
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) if has_room(output) => {}
            Err(errno) => {
                return Err(Failure {
                    errno,
                    torn: done > 0,
                });
            }
        }
        match line.get(done..) {
            None | Some([]) => return Ok(()),
            Some(rest) => last = write(output, rest),
        }
    }
}

fn has_room(output: BorrowedFd<'_>) -> bool {
    let mut ready = [PollFd::new(output, PollFlags::POLLOUT)];
    matches!(
        poll(&mut ready, PollTimeout::from(PIPE_WAIT)),
        Ok(1..) | Err(Errno::EINTR)
    )
}
