//! The staging file of a process. It holds records that are not yet in the log, in memory that
//! outlives the process.
//!
//! The bytes of a record are stored first, then `LENGTH`. So a record interrupted by a SIGKILL was
//! not logged. Before a batch, the inode and the size of the log are noted. All who drain do so
//! under a lock on the log. A later reader of the file thus sees which part of the batch arrived.
//! See [`Logger::recover`](super::Logger::recover).

use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::libc;
use nix::sys::stat::fstat;

use super::extras::LOG_EXTRAS;
use super::layout::{self, BATCH, DEVICE, HEADER, INODE, LENGTH, MAGIC, MAGIC_VALUE, SIZE, START};
use super::log_lock::LogLock;
use super::log_place::LogPlace;
use super::output::{Failure, write_whole};
use crate::os::file_lock::ByteLock;
use crate::os::own;
use crate::os::sys::{ForkLocal, Settable, SharedMap};
use crate::os::threads;

/// The number of names to try. Another PID namespace may have a process of this number.
const NAMES: u32 = 16;

/// Shows that the process of a staging file lives. The map of the file keeps it, in that process
/// alone.
pub(super) const IN_USE: ByteLock = ByteLock::of_description(0);

/// The longest time that a record waits.
const AGE: Duration = Duration::from_secs(1);

/// The staging file of this process, and whether its creation was tried. A forked child finds
/// neither.
static OWN: ForkLocal<(Settable<Stage>, AtomicBool)> = ForkLocal::new();

/// The staging file of a process.
#[derive(Debug)]
pub(crate) struct Stage {
    name: String,
    records: Mutex<Records>,
}

/// The part of a [`Stage`] below its lock.
#[derive(Debug)]
pub(super) struct Records {
    map: SharedMap,
    /// Whether records may be added.
    is_open: bool,
    start: usize,
    len: usize,
    /// The thread that drains within a second of a record.
    waker: Option<Thread>,
    awake: bool,
}

impl Stage {
    /// Creates the staging file of this process for the log at `place`.
    pub(super) fn create(place: &LogPlace, capacity: usize) -> nix::Result<Self> {
        let mut names = (0..NAMES).map(|number| match number {
            0 => format!("{}{}", place.stage_prefix(), own::pid()),
            more => format!("{}{}.{more}", place.stage_prefix(), own::pid()),
        });
        let (name, file) = names
            .find_map(|name| match create_locked(place, &name) {
                Ok(file) => Some(Ok((name, file))),
                Err(Errno::EEXIST | Errno::EAGAIN | Errno::ENOENT) => None,
                Err(errno) => Some(Err(errno)),
            })
            .unwrap_or(Err(Errno::EEXIST))?;
        let made = Self::map(&file, capacity).map(|map| Records {
            map,
            is_open: true,
            start: 0,
            len: 0,
            waker: None,
            awake: false,
        });
        if made.is_err() {
            let _ = place.remove(&*name);
        }
        Ok(Self {
            name,
            records: Mutex::new(made?),
        })
    }

    fn map(file: &File, capacity: usize) -> nix::Result<SharedMap> {
        let size = HEADER + capacity.next_multiple_of(HEADER);
        // Without allocated blocks, a full disk would break the map at a store.
        let length = libc::off_t::try_from(size).map_err(|_| Errno::EFBIG)?;
        fallocate(file, FallocateFlags::empty(), 0, length)?;
        let map = SharedMap::new(file, size)?;
        map.store(MAGIC, MAGIC_VALUE);
        Ok(map)
    }

    /// Returns the staging file of this process, if there is one. Does not allocate the page of
    /// `OWN`, so that an unbuffered logger costs no page.
    pub(super) fn own() -> Option<&'static Self> {
        OWN.made()?.0.get().filter(|_| LOG_EXTRAS)
    }

    /// Returns the slot for the staging file of this process.
    #[inline]
    pub(super) fn slot() -> &'static Settable<Self> {
        &OWN.get().0
    }

    /// Returns whether this process has tried to create its staging file.
    pub(super) fn is_made() -> &'static AtomicBool {
        &OWN.get().1
    }

    /// Lets the next record create another staging file, if this process has closed its own.
    pub(super) fn forget_closed() {
        if Self::own().is_some_and(|stage| !stage.lock().is_open()) {
            Self::slot().set(None);
            Self::is_made().store(false, Ordering::Release);
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Starts the thread that drains within a second of a record, and sleeps while there are no
    /// records.
    pub(super) fn drain_regularly(&'static self, drain: fn(&mut Records)) -> io::Result<()> {
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                threads::block_signals();
                loop {
                    std::thread::park();
                    if !self.drain_until_empty(drain) {
                        break;
                    }
                }
            })?;
        self.lock().wake_by(thread.thread().clone());
        Ok(())
    }

    /// Drains once a second until the file is empty. Returns false if the file is no longer used.
    fn drain_until_empty(&self, drain: fn(&mut Records)) -> bool {
        loop {
            std::thread::sleep(AGE);
            let mut records = self.lock();
            if !records.is_open() {
                return false;
            }
            drain(&mut records);
            if !records.rest() {
                return true;
            }
        }
    }

    /// Locks the records. No holder of the lock can panic, so a poisoned lock is still valid.
    pub(super) fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates the file and locks it, so that others see that its process lives.
fn create_locked(place: &LogPlace, name: &str) -> nix::Result<File> {
    let file = place.create_other(name, 0o600)?;
    if !IN_USE.try_take(&file)? {
        return Err(Errno::EAGAIN);
    }
    // A recovery may have removed the file before it was locked.
    if fstat(&file)?.st_nlink == 0 {
        Err(Errno::ENOENT)
    } else {
        Ok(file)
    }
}

impl Records {
    /// Returns whether records may be added. The end of the process closes the file.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Returns whether the map is broken, because the file was truncated or its disk is full. If
    /// the process then dies, records that are not in the log are lost.
    pub(super) fn is_broken(&self) -> bool {
        self.map.is_broken()
    }

    /// Adds a record. Returns false if it does not fit.
    #[inline]
    pub(super) fn push(&mut self, line: &[u8]) -> bool {
        let Some(end) = self.map.copy_in(HEADER + self.len, line) else {
            return false;
        };
        self.len = end - HEADER;
        self.map.store(LENGTH, self.len as u64);
        if !self.awake {
            self.wake();
        }
        true
    }

    pub(super) fn wake_by(&mut self, waker: Thread) {
        self.waker = Some(waker);
        self.awake = false;
    }

    #[cold]
    fn wake(&mut self) {
        self.awake = self.waker.is_some();
        if let Some(thread) = &self.waker {
            thread.unpark();
        }
    }

    /// Makes the next record wake the waker. Returns true if there are already records to drain.
    pub(super) fn rest(&mut self) -> bool {
        self.awake = self.len > self.start;
        self.awake
    }

    /// Appends the records to `log` in batches. Records that do not fit on the disk are kept. A
    /// partial record is written again.
    pub(super) fn drain(&mut self, log: BorrowedFd<'_>) -> Result<(), Failure> {
        if self.len == self.start {
            return Ok(());
        }
        let lock = LogLock::take(log);
        lock.begin_line()?;
        while self.start < self.len {
            let batch = layout::batch(self.records()).len();
            self.note(log);
            if let Err(failure) = self.write(log, batch) {
                self.start += layout::whole(self.records(), failure.done.min(batch));
                self.map.store(START, self.start as u64);
                self.map.store(BATCH, 0);
                return Err(failure);
            }
            self.start += batch;
            self.map.store(START, self.start as u64);
        }
        (self.start, self.len) = (0, 0);
        // In this order a written record never counts as missing.
        self.map.store(LENGTH, 0);
        self.map.store(START, 0);
        self.map.store(BATCH, 0);
        Ok(())
    }

    /// Returns the records that are missing from the log.
    fn records(&self) -> &[u8] {
        self.map.bytes(HEADER + self.start..HEADER + self.len)
    }

    /// Notes the size of the log before the next batch.
    fn note(&self, log: BorrowedFd<'_>) {
        self.map.store(BATCH, 0);
        if let Ok(stat) = fstat(log) {
            self.map.store(DEVICE, stat.st_dev);
            self.map.store(INODE, stat.st_ino);
            self.map.store(SIZE, stat.st_size.unsigned_abs());
            self.map.store(BATCH, self.start as u64 + 1);
        }
    }

    fn write(&self, log: BorrowedFd<'_>, batch: usize) -> Result<(), Failure> {
        let records = self.records().get(..batch).unwrap_or_default();
        if self.map.is_broken() {
            // A lost page reads as zeros, which do not occur in a record.
            let left: Vec<u8> = records.iter().copied().filter(|byte| *byte != 0).collect();
            return write_whole(log, &left);
        }
        write_whole(log, records)
    }

    /// Ends the use of the file, whose records are in the log now.
    pub(super) fn close(&mut self, place: &LogPlace, name: &str) {
        // If the removal fails, the next recovery finds the file empty.
        let _ = place.remove(name);
        self.is_open = false;
        // The waker finds the file closed, and ends.
        if let Some(waker) = self.waker.take() {
            waker.unpark();
        }
    }
}
