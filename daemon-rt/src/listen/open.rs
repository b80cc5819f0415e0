//! The open sockets of a daemon.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};

use nix::errno::Errno;

use super::address::{Address, Kind};
use super::unix;
use crate::error::Error;
use crate::os::file_id::FileId;
use crate::os::known_file::KnownFile;

/// Where a socket comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The daemon bound it.
    Bound,
    /// The service manager bound it, as a unit `.socket`.
    Manager,
    /// An earlier process of this daemon bound it, and the service manager kept it.
    Stored,
    /// The parent process left it open at this number.
    Descriptor(RawFd),
    /// The program before this one in this process had it.
    Kept,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound => f.write_str("bound"),
            Self::Manager => f.write_str("systemd"),
            Self::Stored => f.write_str("stored by systemd"),
            Self::Kept => f.write_str("kept by an upgrade"),
            Self::Descriptor(number) => write!(f, "fd {number}"),
        }
    }
}

/// A socket at which the daemon listens.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) is_nonblocking: bool,
    /// The address, with the port that the kernel chose.
    pub(crate) address: Address,
    pub(crate) source: Source,
    pub(crate) socket: KnownFile,
    /// The identity of the file at its path, if this daemon or one before it bound it.
    pub(crate) file: Option<FileId>,
    /// Whether the service manager keeps it for the next process.
    pub(crate) is_stored: bool,
}

impl Open {
    /// Returns another descriptor of the socket, close-on-exec.
    ///
    /// # Errors
    /// EBADF when other code of this process has closed the socket; EMFILE.
    pub(crate) fn duplicate(&self) -> io::Result<OwnedFd> {
        if !self.socket.is_open() {
            return Err(Errno::EBADF.into());
        }
        self.socket.as_fd().try_clone_to_owned()
    }
}

/// The sockets at which the daemon listens, each under its name.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    pub(super) open: Vec<Open>,
    /// Those of the program before this one, until this one is ready.
    pub(super) dropped: Vec<Open>,
    /// The same, in a program without listeners.
    orphans: Vec<OwnedFd>,
}

impl Listeners {
    /// Keeps sockets of the program before this one, which declares none.
    pub(crate) fn orphans(orphans: Vec<OwnedFd>) -> Self {
        Self {
            orphans,
            ..Self::default()
        }
    }

    /// Closes the sockets that no listener can have.
    pub(crate) fn close_orphans(&mut self) {
        self.orphans.clear();
    }

    /// Returns the listeners of these sockets.
    pub(super) fn new(open: Vec<Open>, dropped: Vec<Open>) -> Self {
        Self {
            open,
            dropped,
            ..Self::default()
        }
    }

    /// Returns the socket with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Open> {
        self.iter().find(|open| open.name == name)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Open> {
        self.open.iter_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Open> {
        self.open.iter()
    }

    /// Removes the files of its sockets at the end of the daemon. A stored socket keeps its file for
    /// the next process.
    ///
    /// # Errors
    /// The last failure. After a privilege drop the directory is often root's, and a verb removes
    /// the file.
    pub(crate) fn remove_files(&self) -> Result<(), Error> {
        let mut removed = Ok(());
        for open in self.iter().filter(|open| !open.is_stored) {
            if let (Some(path), Some(file)) = (open.address.path(), open.file)
                && let Err(error) = unix::remove_own(path, file)
            {
                removed = Err(error);
            }
        }
        removed
    }
}
