//! The steps of the process between the caller and the daemon.

use super::way::{Role, Way};
use crate::detach::ready::Message;
use crate::error::Error;
use crate::os::sys::{self, Fork};

/// Creates the session, in the first child.
pub(super) fn setsid(way: &mut Way) -> Result<(), Error> {
    match way.role {
        Role::FirstChild => nix::unistd::setsid()
            .map(drop)
            .map_err(|e| Error::step("create a session", e)),
        Role::Caller | Role::Daemon => Ok(()),
    }
}

/// Forks the daemon, in the first child, which reports the daemon's pid and exits.
pub(super) fn fork_again(way: &mut Way) -> Result<(), Error> {
    if way.role != Role::FirstChild {
        return Ok(());
    }
    match sys::fork().map_err(|source| Error::step("fork again", source))? {
        Fork::Parent(child, _) => {
            // Without a caller nothing needs the number.
            let _ = way.report(&Message::Pid(child.as_raw()));
            signal_hook::low_level::exit(0);
        }
        Fork::Child(copies) => {
            way.copies = Some(copies);
            way.role = Role::Daemon;
            Ok(())
        }
    }
}
