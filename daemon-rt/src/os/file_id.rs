//! The identity of a file.

use std::fs::{Metadata, symlink_metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::sys::stat::{FileStat, fstat};

use crate::error::is_missing;

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

    /// Returns the identity of the file to which `path` leads, also through links, or `None` if it cannot
    /// be examined.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        Some(Self::from(&std::fs::metadata(path).ok()?))
    }

    /// Finds out whether `path` leads to this file. A path that cannot be examined counts as one
    /// that does.
    pub(crate) fn find_at(self, path: &Path) -> Found {
        match symlink_metadata(path) {
            Ok(there) if Self::from(&there) == self => Found::This,
            Ok(_) => Found::Another,
            Err(error) if is_missing(&error) => Found::Nothing,
            Err(_) => Found::This,
        }
    }
}

/// The file to which a path leads, compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    This,
    Another,
    Nothing,
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
