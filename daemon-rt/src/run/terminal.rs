//! The terminal of a foreground daemon.

use std::fs::File;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, getsid};

use crate::detach::{Detached, Mode};
use crate::os::sys::Areas;
use crate::signal::SignalInfo;
use crate::upgrade::Heritage;

/// The leader of the session, if the caller of the daemon ignored SIGHUP.
const IGNORED: &str = "ignored-hang-up";

/// The terminal in which a foreground daemon was started. When it hangs up, SIGHUP stops the daemon
/// in place of a reload.
pub(super) enum Terminal {
    None,
    /// SIGHUP was ignored when the program began, as under nohup(1). A hang-up then ends nothing.
    /// The number is that of the session's leader, a shell that passes the hang-up on.
    Ignored(i32),
    There,
    /// The open terminal of a daemon whose root has no `/dev/tty`.
    Open(File),
}

impl Terminal {
    pub(super) fn find(detached: &mut Detached) -> Self {
        let is_detached = detached.mode == Mode::Detached;
        let inherited = detached.inheritance.as_ref();
        if let Some(leader) = inherited.and_then(|from| from.number(IGNORED)) {
            return Self::Ignored(leader);
        }
        match &mut detached.outside {
            _ if !is_detached && is_hang_up_ignored() => {
                Self::Ignored(getsid(None).map_or(0, Pid::as_raw))
            }
            Some(outside) => outside.terminal.take().map_or(Self::None, Self::Open),
            // A detached daemon has left its session, and with it the terminal.
            None if !is_detached && look().is_none() => Self::There,
            None => Self::None,
        }
    }

    /// Hands it to the next program.
    pub(super) fn hand_over(&self, to: &mut Heritage) {
        match self {
            // The next program begins with the default for each signal that this one caught.
            Self::Ignored(leader) => to.put_number(IGNORED, leader),
            Self::Open(terminal) => to.put_descriptor("terminal", terminal),
            Self::None | Self::There => {}
        }
    }

    /// Returns whether the signal is a hang-up that the caller ignored, and not a request to
    /// reload.
    pub(super) fn ignores(&self, hang_up: &SignalInfo) -> bool {
        let Self::Ignored(leader) = self else {
            return false;
        };
        let sender = hang_up.sender.map(|sender| i32::try_from(sender.pid));
        sender.is_none_or(|pid| pid == Ok(*leader))
    }

    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::None | Self::Ignored(_) => false,
            Self::There => !matches!(look(), None | Some(Errno::EMFILE | Errno::ENFILE)),
            Self::Open(terminal) => {
                let mut wanted = [PollFd::new(terminal.as_fd(), PollFlags::empty())];
                poll(&mut wanted, PollTimeout::ZERO).is_ok_and(|hung_up| hung_up > 0)
            }
        }
    }
}

fn is_hang_up_ignored() -> bool {
    Areas::find().is_ok_and(|areas| areas.ignored & 1 << (libc::SIGHUP - 1) != 0)
}

/// Opens the terminal. Returns the error if that fails.
fn look() -> Option<Errno> {
    let error = File::open("/dev/tty").err()?;
    Some(Errno::from_raw(error.raw_os_error().unwrap_or(0)))
}
