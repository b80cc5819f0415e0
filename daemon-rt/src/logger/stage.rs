//! The staging file of a process: records that the process has logged and the log does not have
//! yet, in memory that outlives the process.
//!
//! A record is in the file when its bytes are there and then `LENGTH` says so, in this order: what
//! a SIGKILL interrupts was not logged. Before a batch goes to the log, the log's inode and size
//! are noted, under a lock on the log that all who drain take: whoever finds the file later sees
//! how much of the batch arrived. See [`recover()`](super::recover()).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, OFlag, fallocate, openat};
use nix::libc;
use nix::sys::signal::SigSet;
use nix::sys::stat::{Mode, fstat};

use super::extras::LOG_EXTRAS;
use super::layout::{self, BATCH, DEVICE, HEADER, INODE, LENGTH, MAGIC, MAGIC_VALUE, SIZE, START};
use super::log_lock::LogLock;
use super::log_place::LogPlace;
use super::output::{Failure, write_whole};
use super::own;
use crate::os::file_lock::try_lock;
use crate::os::sys::{ForkLocal, Settable, SharedMap};

/// How many names are tried: another PID namespace may have a process of the same number.
const NAMES: u32 = 16;

/// How long a record waits at most.
const AGE: Duration = Duration::from_secs(1);

/// This process's staging file, and whether it was made or could not be: a forked child finds neither.
static OWN: ForkLocal<(Settable<Stage>, AtomicBool)> = ForkLocal::new();

/// A process's staging file.
#[derive(Debug)]
pub(crate) struct Stage {
    name: String,
    records: Mutex<Records>,
}

/// What the lock of a [`Stage`] protects.
#[derive(Debug)]
pub(super) struct Records {
    map: SharedMap,
    /// Holds the record lock that says that the process lives; none when it is not used any more.
    file: Option<File>,
    start: usize,
    len: usize,
    /// Who drains within a second, once there is something to drain.
    waker: Option<Thread>,
    awake: bool,
}

impl Stage {
    /// Makes the staging file of this process for the log at `place`.
    pub(super) fn create(place: &LogPlace, capacity: usize) -> nix::Result<Self> {
        let mut names = (0..NAMES).map(|number| match number {
            0 => format!("{}{}", place.stage_prefix(), own::pid()),
            more => format!("{}{}.{more}", place.stage_prefix(), own::pid()),
        });
        let (name, file) = names
            .find_map(|name| match create_locked(place, &name) {
                Ok(file) => Some(Ok((name, file))),
                Err(Errno::EEXIST | Errno::EAGAIN | Errno::EACCES | Errno::ENOENT) => None,
                Err(errno) => Some(Err(errno)),
            })
            .unwrap_or(Err(Errno::EEXIST))?;
        let made = Self::map(&file, capacity).map(|map| Records {
            map,
            file: Some(file),
            start: 0,
            len: 0,
            waker: None,
            awake: false,
        });
        if made.is_err() {
            place.remove(&name);
        }
        Ok(Self {
            name,
            records: Mutex::new(made?),
        })
    }

    fn map(file: &File, capacity: usize) -> nix::Result<SharedMap> {
        let size = HEADER + capacity.next_multiple_of(HEADER);
        // Without the blocks a full disk would break the map at a store.
        let length = libc::off_t::try_from(size).map_err(|_| Errno::EFBIG)?;
        fallocate(file, FallocateFlags::empty(), 0, length)?;
        let map = SharedMap::new(file, size)?;
        map.store(MAGIC, MAGIC_VALUE);
        Ok(map)
    }

    /// This process's, if it has made one: without a buffer not even the page is made that would say so.
    pub(super) fn own() -> Option<&'static Self> {
        OWN.made()?.0.get().filter(|_| LOG_EXTRAS)
    }

    /// Where this process's is, once there is one.
    #[inline]
    pub(super) fn slot() -> &'static Settable<Self> {
        &OWN.get().0
    }

    /// Whether this process's was made, or could not be.
    pub(super) fn is_made() -> &'static AtomicBool {
        &OWN.get().1
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Starts the thread that drains within a second of a record and sleeps while there is none.
    pub(super) fn drain_regularly(&'static self, drain: fn(&mut Records)) -> io::Result<()> {
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                // Signals are for the program's own threads.
                let _ = SigSet::all().thread_block();
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

    /// Once a second until nothing is left; false when the file is not used any more.
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

    /// Nothing that holds the lock can panic, so a poisoned one protects what it should.
    pub(super) fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the file and takes the lock by which others know that its process lives.
fn create_locked(place: &LogPlace, name: &str) -> nix::Result<File> {
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let file = File::from(openat(
        place.folder(),
        name,
        flags | OFlag::O_CLOEXEC,
        mode,
    )?);
    try_lock(file.as_fd())?;
    // Somebody who took it for a dead process's may have removed it in between.
    if fstat(&file)?.st_nlink == 0 {
        Err(Errno::ENOENT)
    } else {
        Ok(file)
    }
}

impl Records {
    /// Whether records may be added: not after the end of the process has begun.
    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Whether the file holds nothing new any more: somebody has cut it short, or its disk is full. A
    /// process that dies then takes along what is not in the log.
    pub(super) fn is_broken(&self) -> bool {
        self.map.is_broken()
    }

    /// Adds a record; false when there is no room.
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

    /// Says that the next record has to wake the waker again; true when there is something to
    /// drain already.
    pub(super) fn rest(&mut self) -> bool {
        self.awake = self.len > self.start;
        self.awake
    }

    /// Appends to `log` what is here, one batch after the other. What does not fit on the disk stays, and
    /// a record that fits in part is written again.
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
        // In this order: at no moment is a written record shown as missing.
        self.map.store(LENGTH, 0);
        self.map.store(START, 0);
        self.map.store(BATCH, 0);
        Ok(())
    }

    /// The records that the log does not have.
    fn records(&self) -> &[u8] {
        self.map.bytes(HEADER + self.start..HEADER + self.len)
    }

    /// Notes the log's size before the next batch.
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
            // A page that is lost reads as zeros, which no record has.
            let left: Vec<u8> = records.iter().copied().filter(|byte| *byte != 0).collect();
            return write_whole(log, &left);
        }
        write_whole(log, records)
    }

    /// Ends the use of the file, whose records are in the log now.
    pub(super) fn close(&mut self, place: &LogPlace, name: &str) {
        place.remove(name);
        self.file = None;
        // It ends then.
        if let Some(waker) = self.waker.take() {
            waker.unpark();
        }
    }
}
