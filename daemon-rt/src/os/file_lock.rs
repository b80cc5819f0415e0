//! Locks on bytes of a file, `fcntl_locking(2)`.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, flock};

/// An exclusive lock on one byte of a file, or on some.
///
/// Two locks of different owners on one byte exclude each other, also in one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByteLock {
    owner: Owner,
    byte: libc::off_t,
    bytes: libc::off_t,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Process,
    Description,
}

impl ByteLock {
    /// Describes a record lock. The process owns it, so the kernel names its holder. It survives
    /// `exec`, and no child inherits it. The process loses it when it closes *any* descriptor of
    /// the file.
    pub(crate) const fn of_process(byte: libc::off_t) -> Self {
        Self {
            owner: Owner::Process,
            byte,
            bytes: 1,
        }
    }

    /// Describes a lock of an open file description. It ends when the last descriptor or mapping
    /// of that description is gone, whatever else the process closes.
    pub(crate) const fn of_description(byte: libc::off_t) -> Self {
        Self {
            owner: Owner::Description,
            byte,
            bytes: 1,
        }
    }

    /// Describes a lock on this byte and the one after it.
    pub(crate) const fn and_next(self) -> Self {
        Self { bytes: 2, ..self }
    }

    /// Takes the lock. Returns false if another owner has it. Taking it again changes nothing.
    ///
    /// # Errors
    /// The file is not open for writing, or its file system has no locks.
    pub(crate) fn try_take(self, file: impl AsFd) -> nix::Result<bool> {
        match self.set(file, libc::F_WRLCK) {
            Ok(()) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Releases the lock. Releasing one that is not held is no error.
    pub(crate) fn release(self, file: impl AsFd) {
        let _ = self.set(file, libc::F_UNLCK);
    }

    /// Returns the process that holds a write lock on the byte, this process included. The number
    /// is 0 for a process of another PID namespace, and -1 for an open file description other than
    /// that of `file`. `None` means that nobody holds one.
    ///
    /// # Errors
    /// The file system has no locks.
    pub(crate) fn holder(self, file: impl AsFd) -> nix::Result<Option<i32>> {
        // The request for a read lock conflicts only with write locks. One for the description
        // also conflicts with a lock of this process.
        let mut lock = self.request(libc::F_RDLCK);
        fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock))?;
        Ok((i32::from(lock.l_type) != libc::F_UNLCK).then_some(lock.l_pid))
    }

    fn set(self, file: impl AsFd, kind: i32) -> nix::Result<()> {
        let lock = self.request(kind);
        let command = match self.owner {
            Owner::Process => FcntlArg::F_SETLK(&lock),
            Owner::Description => FcntlArg::F_OFD_SETLK(&lock),
        };
        fcntl(file, command).map(drop)
    }

    fn request(self, kind: i32) -> flock {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "constants of fcntl.h that fit the C struct"
        )]
        let (l_type, l_whence) = (kind as libc::c_short, libc::SEEK_SET as libc::c_short);
        flock {
            l_type,
            l_whence,
            l_start: self.byte,
            l_len: self.bytes,
            l_pid: 0,
        }
    }
}
