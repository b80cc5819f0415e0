//! A new socket.

use std::os::fd::OwnedFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::address::Address;

/// Makes a socket of the kind of `address`.
pub(super) fn make(address: &Address, family: AddressFamily) -> nix::Result<OwnedFd> {
    let kind = if is_stream(address) {
        SockType::Stream
    } else {
        SockType::Datagram
    };
    socket(family, kind, SockFlag::SOCK_CLOEXEC, None)
}

/// Returns whether a socket at `address` has connections.
pub(super) fn is_stream(address: &Address) -> bool {
    matches!(address, Address::Tcp(_) | Address::Unix(_))
}
