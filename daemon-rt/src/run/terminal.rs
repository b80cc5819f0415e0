//! The terminal of a foreground daemon.

use std::fs::File;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::detach::{Detached, Mode};

/// The terminal in which a foreground daemon was started. When it hangs up, SIGHUP stops the daemon
/// in place of a reload.
pub(super) enum Terminal {
    None,
    There,
    /// The open terminal of a daemon whose root has no `/dev/tty`.
    Open(File),
}

impl Terminal {
    pub(super) fn find(detached: &mut Detached) -> Self {
        match &mut detached.outside {
            Some(outside) => outside.terminal.take().map_or(Self::None, Self::Open),
            // A detached daemon has left its session, and with it the terminal.
            None if detached.mode != Mode::Detached && look().is_none() => Self::There,
            None => Self::None,
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::None => false,
            Self::There => !matches!(look(), None | Some(Errno::EMFILE | Errno::ENFILE)),
            Self::Open(terminal) => {
                let mut wanted = [PollFd::new(terminal.as_fd(), PollFlags::empty())];
                poll(&mut wanted, PollTimeout::ZERO).is_ok_and(|hung_up| hung_up > 0)
            }
        }
    }
}

/// Opens the terminal. Returns the error if that fails.
fn look() -> Option<Errno> {
    let error = File::open("/dev/tty").err()?;
    Some(Errno::from_raw(error.raw_os_error().unwrap_or(0)))
}
