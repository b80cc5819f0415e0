//! The socket units of systemd, `systemd.socket(5)`: one per listener, because a unit has one name
//! for all of its sockets.

use super::file::File;
use super::plan::{Plan, Socket};
use super::quote;
use super::systemd::{Unit, directory};
use crate::error::Error;

/// The number of connections that wait for the daemon, as where it binds the socket itself.
const BACKLOG: &str = "4096";

/// The target that opens the sockets at boot, before any service starts.
pub(super) const TARGET: &str = "sockets.target";

/// Generates the units.
///
/// # Errors
/// The daemon has no listener.
pub(super) fn units(plan: &Plan) -> Result<Vec<File>, Error> {
    if plan.sockets.is_empty() {
        return Err(Error::usage(
            "the daemon has no listener; declare one by `listen`, or use `unit systemd`",
        ));
    }
    Ok(plan
        .sockets
        .iter()
        .map(|socket| unit(plan, socket))
        .collect())
}

/// Returns the names of the units.
pub(super) fn names(plan: &Plan) -> impl Iterator<Item = String> {
    let names = plan.sockets.iter();
    names.map(|socket| format!("{}-{}.socket", plan.name, socket.name))
}

fn unit(plan: &Plan, socket: &Socket) -> File {
    let (daemon, listener) = (&plan.name, &socket.name);
    let mut unit = Unit::default();
    unit.line(&plan.mark());
    unit.section("Unit");
    let description = format!("{} ({listener})", plan.description);
    unit.set("Description", &quote::specifiers(&description));
    unit.section("Socket");
    let kind = if socket.is_stream {
        "ListenStream"
    } else {
        "ListenDatagram"
    };
    unit.set(kind, &quote::specifiers(&socket.address));
    unit.set("FileDescriptorName", listener);
    unit.set("Service", &format!("{daemon}.service"));
    if let Some(is_v6_only) = socket.is_v6_only {
        unit.set(
            "BindIPv6Only",
            if is_v6_only { "ipv6-only" } else { "both" },
        );
    }
    if socket.is_stream {
        unit.set("Backlog", BACKLOG);
    }
    if let Some(mode) = socket.mode {
        file(plan, mode, &mut unit);
    }
    unit.section("Install");
    unit.set("WantedBy", TARGET);
    File::data(
        format!("{}/{daemon}-{listener}.socket", directory(plan)),
        unit.0,
    )
}

/// Writes the owner and the mode of a socket with a path.
fn file(plan: &Plan, mode: u32, unit: &mut Unit) {
    unit.set("SocketMode", &format!("{mode:04o}"));
    if plan.user.is_some() || plan.group.is_some() {
        unit.set("SocketGroup", plan.owner().1);
    }
    unit.set("RemoveOnStop", "yes");
}
