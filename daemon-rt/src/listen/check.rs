//! Finds out whether a start could open a listener, without changing anything.

use std::path::Path;

use nix::errno::Errno;
use nix::unistd::AccessFlags;

use super::address::Address;
use super::declared::Listen;
use super::explain::explain;
use super::unix::{self, There};
use super::{bind, owner};
use crate::error::Error;
use crate::os::access::check_access;
use crate::trust::{Place, Rule};

/// Checks that a start could open the listener, in a verb, and describes it. `daemon` is the daemon of
/// this name that runs, which may have the address.
///
/// # Errors
/// As for [`Plan::bind_rest`](super::Plan::bind_rest).
pub(crate) fn check(listen: &Listen, daemon: Option<i32>) -> Result<String, Error> {
    let free = match &listen.address {
        Address::Inherited(_) => Ok(()),
        address => match address.path() {
            Some(path) => check_path(path)?,
            None => bind::bind_plain(listen).map(drop),
        },
    };
    let text = format!("{} {}", listen.name, listen.address);
    match free {
        Ok(()) => Ok(text),
        Err(Errno::EADDRINUSE) => match owner::process_at(&listen.address) {
            Some(owner) if Some(owner.pid) == daemon => Ok(format!("{text}, held by this daemon")),
            // It passes the socket on to the unit.
            Some(owner) if owner.name == "systemd" => {
                Ok(format!("{text}, held by systemd, pid {}", owner.pid))
            }
            _ => Err(explain(listen, Errno::EADDRINUSE)),
        },
        Err(errno) => Err(explain(listen, errno)),
    }
}

/// Checks that a socket could be bound at `path`.
fn check_path(path: &Path) -> Result<nix::Result<()>, Error> {
    let place = Place::of(path, Rule::PidFile)?;
    Ok(match unix::look(&place) {
        Err(errno) => Err(errno),
        Ok(There::Other) => return Err(unix::no_socket(path)),
        Ok(There::Live) => Err(Errno::EADDRINUSE),
        Ok(There::Nothing | There::Stale) => {
            let access = AccessFlags::W_OK | AccessFlags::X_OK;
            check_access(place.directory(), ".".as_ref(), access)
        }
    })
}
