//! An open file whose descriptor other code may close.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::stat::{FileStat, fstat};
use nix::unistd::close;

use super::file_id::FileId;
use super::kept;

/// An open file and its identity.
///
/// The user's code may close any descriptor of the process, as by `close_range(2)`, and another
/// file may then get the number. A drop leaves such a descriptor alone.
#[derive(Debug)]
pub(crate) struct KnownFile {
    file: ManuallyDrop<File>,
    id: FileId,
}

impl KnownFile {
    /// Takes a file that was just opened.
    ///
    /// # Errors
    /// `fstat(2)` fails.
    pub(crate) fn new(file: impl Into<OwnedFd>) -> nix::Result<Self> {
        let file = file.into();
        match fstat(&file) {
            Ok(stat) => Ok(Self::with_stat(file, &stat)),
            Err(errno) => {
                if kept::has(file.as_raw_fd()) {
                    std::mem::forget(file);
                }
                Err(errno)
            }
        }
    }

    /// Takes a file and its status.
    pub(crate) fn with_stat(file: impl Into<OwnedFd>, stat: &FileStat) -> Self {
        let file = ManuallyDrop::new(File::from(file.into()));
        let id = FileId::from(stat);
        Self { file, id }
    }

    /// Returns the identity of the file.
    pub(crate) fn id(&self) -> FileId {
        self.id
    }

    /// Closes the descriptor of a file that is never dropped, and that nothing uses any more.
    pub(crate) fn close(&self) {
        if self.is_open() {
            let _ = close(self.file.as_raw_fd());
        }
    }

    /// Returns whether the descriptor still refers to the file. May be called in signal context.
    pub(crate) fn is_open(&self) -> bool {
        FileId::of(&*self.file) == Some(self.id)
    }
}

impl Deref for KnownFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl Drop for KnownFile {
    fn drop(&mut self) {
        if !kept::has(self.file.as_raw_fd()) {
            self.close();
        }
    }
}
