//! The identity of a file.

use std::fs::Metadata;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use nix::sys::stat::{FileStat, fstat};

/// The device and the inode of a file. They identify it while it is open or has a name, `inode(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    pub device: u64,
    pub inode: u64,
}

impl FileId {
    /// Returns the identity of an open file, or `None` if `fstat(2)` fails.
    pub(crate) fn of(file: impl AsFd) -> Option<Self> {
        Some(Self::from(&fstat(file).ok()?))
    }
}

impl From<&FileStat> for FileId {
    fn from(file: &FileStat) -> Self {
        let (device, inode) = (file.st_dev, file.st_ino);
        Self { device, inode }
    }
}

impl From<&Metadata> for FileId {
    fn from(file: &Metadata) -> Self {
        let (device, inode) = (file.dev(), file.ino());
        Self { device, inode }
    }
}
