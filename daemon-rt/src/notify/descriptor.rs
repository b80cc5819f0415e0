//! The readiness descriptor of s6.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{OwnedFd, RawFd};

use crate::os::sys;

/// The descriptor on which s6 waits for a line that reports readiness. Its number is in the file
/// `notification-fd` of the service directory.
#[derive(Debug)]
pub(crate) struct ReadyDescriptor(OwnedFd);

impl ReadyDescriptor {
    /// Duplicates the descriptor `number`, which the supervisor left open. The number itself stays
    /// open, close-on-exec, since s6 waits for the line and not for the end of the pipe.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for the standard descriptors; EBADF for one that is not
    /// open.
    pub(crate) fn take(number: RawFd) -> io::Result<Self> {
        if number <= 2 {
            let reason =
                format!("descriptor {number} is not usable for readiness; use 3 or higher");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        sys::duplicate_inherited(number).map(Self)
    }

    /// Writes the line that reports readiness.
    ///
    /// # Errors
    /// `write(2)` fails.
    pub(crate) fn announce(self) -> io::Result<()> {
        File::from(self.0).write_all(b"\n")
    }
}
