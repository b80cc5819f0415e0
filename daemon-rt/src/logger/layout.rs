//! The layout of a staging file: words of eight bytes in a header, and the records after it.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// The words of the header, each of eight bytes.
pub(super) const MAGIC: usize = 0;
pub(super) const START: usize = 1;
pub(super) const LENGTH: usize = 2;
pub(super) const DRAINING: usize = 3;
pub(super) const DEVICE: usize = 4;
pub(super) const INODE: usize = 5;
pub(super) const SIZE: usize = 6;

/// What the word `DRAINING` says, besides 0: a batch is on its way to the log, or the disk was full in
/// the middle of one that its process, alive, will go on with.
pub(super) const UNDER_WAY: u64 = 1;
pub(super) const STOPPED: u64 = 2;

/// Where the records begin.
pub(super) const HEADER: usize = 4096;

pub(super) const MAGIC_VALUE: u64 = u64::from_be_bytes(*b"drtstg01");

pub(super) fn header(stage: &File) -> Option<[u8; HEADER]> {
    let mut header = [0; HEADER];
    stage.read_exact_at(&mut header, 0).ok()?;
    Some(header)
}

/// A word of the header.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at * 8..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*word))
}

/// What a staging file says of the batch that is on its way.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) state: u64,
    /// The log's device and inode, and its size before the batch.
    pub(super) log: (u64, u64),
    pub(super) size: u64,
}

impl Note {
    /// None when none is on its way, or when it is no staging file.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at| word(bytes, at);
        let state = word(DRAINING).filter(|state| *state != 0)?;
        let note = Self {
            state,
            log: (word(DEVICE)?, word(INODE)?),
            size: word(SIZE)?,
        };
        (word(MAGIC)? == MAGIC_VALUE).then_some(note)
    }
}
