//! The error of a listener that cannot be opened.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use nix::errno::Errno;

use super::address::Address;
use super::declared::Listen;
use super::owner;
use crate::error::Error;

/// Returns the error of a `wanted` listener, with its cure.
pub(super) fn explain(wanted: &Listen, errno: Errno) -> Error {
    let place = format!("{} for `{}`", wanted.address, wanted.name);
    let error = Error::at("listen on", Path::new(&place), errno);
    match (errno, &wanted.address) {
        (Errno::EADDRINUSE, address) => error.advise(format!(
            "{}; end it, or pass another address",
            owner::of(address)
        )),
        (Errno::EADDRNOTAVAIL, Address::Tcp(ip) | Address::Udp(ip)) => {
            let any = SocketAddr::new(unspecified(ip.address.ip()), ip.address.port());
            error.advise(format!("no interface has it; see `ip address`, or pass {any}"))
        }
        (Errno::EACCES, Address::Tcp(_) | Address::Udp(_)) => error.advise(
            "the port is below `net.ipv4.ip_unprivileged_port_start`; start it as root with `user`, \
             or pass a higher port",
        ),
        (Errno::EAFNOSUPPORT, Address::Tcp(_) | Address::Udp(_)) => {
            error.advise("this system has no IPv6; pass an address of IPv4")
        }
        _ => error,
    }
}

fn unspecified(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => IpAddr::from([0; 4]),
        IpAddr::V6(_) => IpAddr::from([0; 16]),
    }
}
