//! Puts into the log what dead processes left in their staging files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::geteuid;

use super::error::Error;
use super::layout::{
    DRAINING, HEADER, LENGTH, MAGIC, MAGIC_VALUE, Note, START, STOPPED, UNDER_WAY, header, word,
};
use super::log_lock::LogLock;
use super::log_place::LogPlace;
use super::output::{is_torn, write_whole};
use crate::os::file_lock::try_lock;

/// The most that is read of a staging file, and of a log in search of a batch.
const MOST: u64 = 256 << 20;

/// Completes the batch in the middle of which a process was killed, if the log ends with a part of
/// one. True when somebody else is to complete it: it is worth looking again.
pub(super) fn finish_torn(place: &LogPlace, own: Option<&str>) -> bool {
    // Whoever calls `recover` hears of an error.
    recover_all(place, own, Scope::Torn).is_ok_and(|torn| torn.is_in_progress)
}

/// Whose records are recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of whom the log ends with a part: they come first.
    Torn,
    All,
}

/// What came of a recovery.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many records were appended.
    pub(super) records: usize,
    /// Whether the log ends with a part of a batch whose process is not dead yet, or whose recovery
    /// another process has begun.
    pub(super) is_in_progress: bool,
}

/// Recovers what the other processes left: `own` is the name of this one's staging file.
pub(super) fn recover_all(
    place: &LogPlace,
    own: Option<&str>,
    scope: Scope,
) -> Result<Outcome, Error> {
    let mut all = Outcome::default();
    let mut first_error = None;
    for name in others(place, own).map_err(|errno| failed(place, errno))? {
        match recover_one(place, &name, scope) {
            Ok(one) => {
                all.records += one.records;
                all.is_in_progress |= one.is_in_progress;
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(all), Err)
}

/// The names of the other processes' staging files: closing any descriptor of our own would drop the
/// lock that says that we live.
fn others(place: &LogPlace, own: Option<&str>) -> nix::Result<Vec<String>> {
    let mut names = place.stages()?;
    names.retain(|name| own != Some(name.as_str()));
    Ok(names)
}

/// The files, by device and inode, to which a batch was on its way when a process died, or is.
pub(super) fn logs_in_use(place: &LogPlace, own: Option<&str>) -> Vec<(u64, u64)> {
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let note = |name: String| {
        let stage = openat(place.folder(), name.as_str(), flags, Mode::empty()).ok()?;
        Some(Note::read(&header(&stage.into())?)?.log)
    };
    let names = others(place, own).unwrap_or_default();
    names.into_iter().filter_map(note).collect()
}

fn recover_one(place: &LogPlace, name: &str, scope: Scope) -> Result<Outcome, Error> {
    let nothing = Outcome::default();
    let flags = OFlag::O_RDWR | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let file = match openat(place.folder(), name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // Somebody else was faster, it is not ours to read, or no file.
        Err(Errno::ENOENT | Errno::EACCES | Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => {
            return Ok(nothing);
        }
        Err(errno) => return Err(failed(place, errno)),
    };
    let is_trusted = || fstat(&file).is_ok_and(|stat| may_be_trusted(place, &stat));
    if try_lock(file.as_fd()).is_err() {
        let is_in_progress = scope == Scope::Torn && is_trusted() && is_in_progress(place, &file);
        return Ok(Outcome {
            is_in_progress,
            ..nothing
        });
    }
    // Under the lock: by now somebody else may have recovered and removed it.
    if !is_trusted() {
        return Ok(nothing);
    }
    let failed = |error: std::io::Error| failed(place, error);
    resume(&file).map_err(failed)?;
    let mut bytes = Vec::new();
    (&file).take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    let appended = match Leftover::read(&bytes) {
        Some(left) => left.append(place, &file, scope).map_err(failed)?,
        None => Some(0).filter(|_| scope == Scope::All && is_unfinished(&bytes)),
    };
    if appended.is_some() {
        place.remove(name);
    }
    let records = appended.unwrap_or(0);
    Ok(Outcome { records, ..nothing })
}

/// Whether it is a staging file that was never finished or was just emptied, and not somebody else's file.
fn is_unfinished(bytes: &[u8]) -> bool {
    bytes.is_empty() || matches!(word(bytes, MAGIC), Some(0 | MAGIC_VALUE))
}

/// Has a batch on its way where the disk was full, so that the others wait for its recovery.
fn resume(stage: &File) -> std::io::Result<()> {
    let note = header(stage).and_then(|header| Note::read(&header));
    if note.is_some_and(|note| note.state == STOPPED) {
        stage.write_all_at(&UNDER_WAY.to_ne_bytes(), (DRAINING * 8) as u64)?;
    }
    Ok(())
}

fn failed(place: &LogPlace, source: impl Into<std::io::Error>) -> Error {
    crate::error::Error::at("recover records for", place.path(), source).into()
}

/// Whether a batch of `stage` is on its way and its log ends with a part of a record.
fn is_in_progress(place: &LogPlace, stage: &File) -> bool {
    let noted = header(stage).and_then(|header| Note::read(&header));
    let log = noted
        .filter(|note| note.state == UNDER_WAY)
        .and_then(|note| place.find(note.log, OFlag::O_RDONLY));
    log.is_some_and(|log| {
        fstat(&log).is_ok_and(|stat| is_torn(log.as_fd(), stat.st_size.unsigned_abs()))
    })
}

/// Whether it is a file that the log's own writer made.
fn may_be_trusted(place: &LogPlace, stage: &FileStat) -> bool {
    let owner = stage.st_uid;
    let kind = SFlag::from_bits_truncate(stage.st_mode) & SFlag::S_IFMT;
    kind == SFlag::S_IFREG
        && stage.st_nlink == 1
        && (owner == 0
            || owner == geteuid().as_raw()
            || place.stat().is_ok_and(|log| log.st_uid == owner))
}

/// What a dead process left.
struct Leftover<'a> {
    records: &'a [u8],
    start: u64,
    draining: Option<Note>,
}

impl<'a> Leftover<'a> {
    /// None when the file was never finished, or is no staging file.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let word = |at| word(bytes, at);
        if word(MAGIC)? != MAGIC_VALUE {
            return None;
        }
        let (start, end) = (word(START)?, word(LENGTH)?);
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        Some(Self {
            records: bytes.get(HEADER..)?.get(range)?,
            start,
            draining: Note::read(bytes),
        })
    }

    /// Appends to the log what it does not have; says how many records, or none when it is not
    /// in `scope`.
    fn append(
        &self,
        place: &LogPlace,
        stage: &File,
        scope: Scope,
    ) -> std::io::Result<Option<usize>> {
        let skipped = Ok(None);
        if scope == Scope::Torn && self.draining.is_none() {
            return skipped;
        }
        if self.records.is_empty() {
            return Ok(Some(0));
        }
        let append = OFlag::O_RDWR | OFlag::O_APPEND;
        let noted = self.draining.as_ref();
        let noted = noted.and_then(|note| place.find(note.log, append));
        let log = noted.map_or_else(|| place.open().map_err(std::io::Error::from), Ok)?;
        let _lock = LogLock::take(log.as_fd());
        let stat = fstat(&log)?;
        let there = match &self.draining {
            Some(note) if (stat.st_dev, stat.st_ino) == note.log => {
                Arrived::of(&log, note.size, self.records)?
            }
            _ => Arrived::Whole(0),
        };
        let mut size = stat.st_size.unsigned_abs();
        let there = match there {
            Arrived::Whole(_) if scope == Scope::Torn => return skipped,
            Arrived::Torn(there) => there,
            Arrived::Whole(there) => {
                // A part of a record that nobody completes stays a line of its own.
                if is_torn(log.as_fd(), size) && there < self.records.len() {
                    write_whole(log.as_fd(), b"\n").map_err(|failure| failure.errno)?;
                    size += 1;
                }
                there
            }
        };
        let missing = self.records.get(there..).unwrap_or_default();
        // Noted as the dead process did: this one may be killed, too.
        let note = [
            self.start + there as u64,
            self.start + self.records.len() as u64,
            UNDER_WAY,
            stat.st_dev,
            stat.st_ino,
            size,
        ];
        stage.write_all_at(
            note.map(u64::to_ne_bytes).as_flattened(),
            (START * 8) as u64,
        )?;
        write_whole(log.as_fd(), missing).map_err(|failure| failure.errno)?;
        Ok(Some(missing.split_inclusive(|byte| *byte == b'\n').count()))
    }
}

/// How many bytes of a batch are in the log.
enum Arrived {
    /// The last one ends a record, or others have written behind it.
    Whole(usize),
    /// The log ends with them, in the middle of a record.
    Torn(usize),
}

impl Arrived {
    /// How much of `batch` is in `log`, which had `size` bytes before.
    fn of(mut log: &File, size: u64, batch: &[u8]) -> std::io::Result<Self> {
        let mut after = Vec::new();
        log.seek(SeekFrom::Start(size))?;
        match log.take(MOST).read_to_end(&mut after) {
            // It may be written only.
            Err(error) if error.raw_os_error() == Some(libc::EBADF) => return Ok(Self::Whole(0)),
            read => read?,
        };
        let same = after
            .iter()
            .zip(batch)
            .take_while(|(there, wanted)| there == wanted)
            .count();
        let (begun, _) = batch.split_at(same);
        // Somebody who does not take the lock may have come first.
        if same == batch.len() || contains(&after, batch) {
            return Ok(Self::Whole(batch.len()));
        }
        if same == after.len() && begun.last().is_some_and(|last| *last != b'\n') {
            return Ok(Self::Torn(same));
        }
        // Others have written behind a part of it: its last line, if torn, is written again.
        Ok(Self::Whole(
            begun
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |last| last + 1),
        ))
    }
}

/// Whether `text` has `lines`, beginning at a line's beginning.
///
/// Gives up, with false, after so much work as no log of ours makes: a staging file whose lines are all
/// alike would take the square of its length. A record twice is the lesser evil.
fn contains(text: &[u8], lines: &[u8]) -> bool {
    let mut work = 2 * text.len();
    let mut rest = Some(text);
    while let Some(text) = rest.filter(|text| text.len() >= lines.len()) {
        let alike = text.iter().zip(lines).take_while(|(a, b)| a == b).count();
        if alike == lines.len() {
            return true;
        }
        let Some(left) = work.checked_sub(alike) else {
            return false;
        };
        work = left;
        let next = text
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|end| end + 1);
        rest = next.and_then(|next| text.get(next..));
    }
    false
}
