//! The records that one dead process left in its staging file, and the part already in the log.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::stat::fstat;

use super::layout::{self, HEADER, LENGTH, MAGIC, MAGIC_VALUE, Note, START};
use super::log_lock::LogLock;
use super::log_place::LogPlace;
use super::output::write_whole;
use crate::os::file_id::FileId;

/// The largest number of bytes read from a staging file.
pub(super) const MOST: u64 = 256 << 20;

/// The records that a dead process left.
pub(super) struct Leftover<'a> {
    records: &'a [u8],
    start: u64,
    note: Option<Note>,
}

impl<'a> Leftover<'a> {
    /// Returns `None` if the staging file was never completed, or if the file is not a staging
    /// file.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let word = |at| layout::word(bytes, at);
        if word(MAGIC)? != MAGIC_VALUE {
            return None;
        }
        let (start, end) = (word(START)?, word(LENGTH)?);
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        Some(Self {
            records: bytes.get(HEADER..)?.get(range)?,
            start,
            note: Note::read(bytes),
        })
    }

    /// Appends the records that are missing from the log. Returns their number.
    pub(super) fn append(&self, place: &LogPlace, stage: &File) -> io::Result<usize> {
        if self.records.is_empty() {
            return Ok(0);
        }
        let log = self.choose_log(place)?;
        let lock = LogLock::take(log.as_fd());
        let mut start = self.arrived(&log)?;
        let missing = self.records.get(start..).unwrap_or_default();
        if !missing.is_empty() {
            lock.begin_line().map_err(|failure| failure.errno)?;
        }
        while let Some(rest) = self.records.get(start..).filter(|rest| !rest.is_empty()) {
            let batch = layout::batch(rest);
            self.note(stage, start, &log)?;
            write_whole(log.as_fd(), batch).map_err(|failure| failure.errno)?;
            start += batch.len();
        }
        Ok(missing.split_inclusive(|byte| *byte == b'\n').count())
    }

    /// Opens the log that the note names, otherwise the one at the path.
    fn choose_log(&self, place: &LogPlace) -> io::Result<File> {
        let append = OFlag::O_RDWR | OFlag::O_APPEND;
        let note = self.note.as_ref();
        let noted = note.and_then(|note| place.find(note.log, append));
        noted.map_or_else(|| place.open().map_err(io::Error::other), Ok)
    }

    /// Notes a batch that begins at `start`, as the dead process did, because this process can also
    /// be killed.
    fn note(&self, stage: &File, start: usize, log: &File) -> io::Result<()> {
        let stat = fstat(log)?;
        let first = self.start + start as u64;
        let words = [
            first,
            self.start + self.records.len() as u64,
            first + 1,
            stat.st_dev,
            stat.st_ino,
            stat.st_size.unsigned_abs(),
        ];
        let bytes = words.map(u64::to_ne_bytes);
        stage.write_all_at(bytes.as_flattened(), (START * 8) as u64)
    }

    /// Returns the length of the whole records that are already in `log`.
    fn arrived(&self, mut log: &File) -> io::Result<usize> {
        let stat = fstat(log)?;
        let note = self.note.as_ref();
        let Some(note) = note.filter(|note| note.log == FileId::from(&stat)) else {
            return Ok(0);
        };
        let batch = layout::batch(self.records);
        let mut after = Vec::new();
        log.seek(SeekFrom::Start(note.size))?;
        match log.take(batch.len() as u64).read_to_end(&mut after) {
            // The log may be open for writing only.
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => return Ok(0),
            read => read?,
        };
        let pairs = after.iter().zip(batch);
        let same = pairs.take_while(|(there, wanted)| there == wanted).count();
        Ok(layout::whole(batch, same))
    }
}
