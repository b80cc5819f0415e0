//! The layout of a staging file: a header of eight-byte words, then the records.
//!
//! Only the records from `START` to `LENGTH` are missing from the log. Before a batch is written,
//! the header notes the log and its size. `BATCH` is stored last, as `START` + 1. So the note is
//! valid until the batch is done and `START` advances, even if a SIGKILL interrupts it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::os::file_id::FileId;

/// The words of the header, by number.
pub(super) const MAGIC: usize = 0;
pub(super) const START: usize = 1;
pub(super) const LENGTH: usize = 2;
pub(super) const BATCH: usize = 3;
pub(super) const DEVICE: usize = 4;
pub(super) const INODE: usize = 5;
pub(super) const SIZE: usize = 6;

/// The offset of the records.
pub(super) const HEADER: usize = 4096;

pub(super) const MAGIC_VALUE: u64 = u64::from_be_bytes(*b"drtstg02");

/// The largest batch in bytes, unless one record is longer. A batch is one `write(2)`. A shorter
/// one is interrupted less often by a SIGKILL.
const LARGEST_BATCH: usize = 64 << 10;

/// Returns the next batch: whole records at the beginning of `records`.
pub(super) fn batch(records: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| *byte == b'\n';
    let end = match records.split_at_checked(LARGEST_BATCH) {
        None => None,
        Some((first, rest)) => first
            .iter()
            .rposition(is_end)
            .or_else(|| Some(first.len() + rest.iter().position(is_end)?)),
    };
    end.and_then(|end| records.get(..=end)).unwrap_or(records)
}

/// Returns the length of the whole records in the first `done` bytes of `records`.
pub(super) fn whole(records: &[u8], done: usize) -> usize {
    let done = records.get(..done).unwrap_or(records);
    let last = done.iter().rposition(|byte| *byte == b'\n');
    last.map_or(0, |last| last + 1)
}

/// Reads the header of a staging file.
pub(super) fn header(stage: &File) -> Option<[u8; HEADER]> {
    let mut header = [0; HEADER];
    stage.read_exact_at(&mut header, 0).ok()?;
    Some(header)
}

/// Returns a word of the header.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at * 8..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*word))
}

/// The note of a batch, stored in the staging file before the batch is written.
#[derive(Debug)]
pub(super) struct Note {
    /// The log.
    pub(super) log: FileId,
    /// The size of the log before the batch.
    pub(super) size: u64,
}

impl Note {
    /// Returns `None` without a batch, or if the file is not a staging file.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at| word(bytes, at);
        let holds = word(MAGIC)? == MAGIC_VALUE && word(BATCH)? == word(START)?.checked_add(1)?;
        let (device, inode) = (word(DEVICE)?, word(INODE)?);
        let log = FileId { device, inode };
        let size = word(SIZE)?;
        holds.then_some(Self { log, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "the scan of some 300 kB takes Miri minutes")]
    fn batch_ends_with_a_record() {
        let (record, long) = ([b'x'; 999], vec![b'y'; 2 * LARGEST_BATCH]);
        let many = [&record[..], b"\n"].concat().repeat(100);
        assert_eq!(batch(&many).len(), 65_000);
        assert_eq!(batch(&many[65_000..]).len(), 35_000);
        let mixed = [&long, &b"\n"[..], &many].concat();
        assert_eq!(batch(&mixed).len(), long.len() + 1);
        assert_eq!(batch(&long).len(), long.len());
        assert_eq!(batch(b"").len(), 0);
    }

    #[test]
    fn partial_record_is_not_counted() {
        for (done, kept) in [(0, 0), (1, 0), (2, 2), (3, 2), (4, 4), (9, 4)] {
            assert_eq!(whole(b"a\nb\n", done), kept);
        }
    }
}
