//! The readiness descriptor of s6.

use std::io;
use std::os::fd::{OwnedFd, RawFd};

use nix::errno::Errno;
use nix::unistd::write;

use crate::os::sys;

/// The descriptor on which s6 waits for a line that says "ready"; its service folder names the
/// number in `notification-fd`.
#[derive(Debug)]
pub struct ReadyDescriptor(OwnedFd);

impl ReadyDescriptor {
    /// Takes the descriptor `number`, which the caller of the program left open for it. The number
    /// itself stays open, close-on-exec: s6 waits for the line, not for the end of the pipe.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for the standard descriptors; what `fcntl(2)` says of one
    /// that is not open.
    pub fn take(number: RawFd) -> io::Result<Self> {
        if number <= 2 {
            let reason =
                format!("descriptor {number} is not usable for readiness; use 3 or higher");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        sys::duplicate_inherited(number).map(Self)
    }

    /// Writes the line that says that the daemon is ready.
    ///
    /// # Errors
    /// What `write(2)` said.
    pub fn announce(self) -> io::Result<()> {
        loop {
            match write(&self.0, b"\n") {
                Err(Errno::EINTR) => {}
                written => return written.map(drop).map_err(io::Error::from),
            }
        }
    }
}
