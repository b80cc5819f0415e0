//! The kind and the address of an open socket.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::socket::sockopt::{AcceptConn, Ipv6V6Only, SockType as TypeOf};
use nix::sys::socket::{
    AddressFamily, Backlog, SockType, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage,
    UnixAddr, getpeername, getsockname, getsockopt, listen,
};

use super::address::{Address, Ip, Local};

/// Returns the address of a socket. A path has no mode.
///
/// # Errors
/// Returns a clause about the socket if a daemon cannot listen at it.
pub(super) fn address_of(socket: &impl AsFd) -> Result<Address, String> {
    let failed = |errno: Errno| match errno {
        Errno::ENOTSOCK => "is not a socket".to_owned(),
        errno => format!("cannot be examined: {}", errno.desc()),
    };
    let number = socket.as_fd().as_raw_fd();
    let kind = getsockopt(socket, TypeOf).map_err(failed)?;
    let name: SockaddrStorage = getsockname(number).map_err(failed)?;
    let is_stream = match kind {
        SockType::Stream => true,
        SockType::Datagram => false,
        _ => {
            return Err(
                "is neither a stream nor for datagrams; pass one of SOCK_STREAM or SOCK_DGRAM"
                    .to_owned(),
            );
        }
    };
    let address = if let Some(address) = ip_of(&name) {
        let is_v6_only = address.is_ipv6() && getsockopt(socket, Ipv6V6Only).map_err(failed)?;
        let ip = Ip {
            address,
            is_v6_only,
        };
        if is_stream {
            Address::Tcp(ip)
        } else {
            Address::Udp(ip)
        }
    } else {
        let local = local_of(&name)?;
        if is_stream {
            Address::Unix(local)
        } else {
            Address::Unixgram(local)
        }
    };
    if getpeername::<SockaddrStorage>(number).is_ok() {
        return Err(format!("at {address} is a connection; remove `Accept=yes`"));
    }
    // A supervisor may leave this to the program.
    if is_stream && !getsockopt(socket, AcceptConn).map_err(failed)? {
        listen(socket, Backlog::MAXALLOWABLE).map_err(failed)?;
    }
    Ok(address)
}

/// Returns the address of IP, if it is one.
pub(super) fn ip_of(name: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = name.as_sockaddr_in().copied();
    let v6 = name.as_sockaddr_in6().copied();
    v4.map(|v4: SockaddrIn| SocketAddr::V4(v4.into()))
        .or_else(|| v6.map(|v6: SockaddrIn6| SocketAddr::V6(v6.into())))
}

fn local_of(name: &SockaddrStorage) -> Result<Local, String> {
    let is_unix = name.family() == Some(AddressFamily::Unix);
    let unix: &UnixAddr = Some(name)
        .filter(|_| is_unix)
        .and_then(SockaddrStorage::as_unix_addr)
        .ok_or("is neither of IP nor of UNIX")?;
    if let Some(path) = unix.path() {
        let (path, mode) = (path.to_owned(), 0);
        return Ok(Local::Path { path, mode });
    }
    match unix.as_abstract() {
        Some(name) => Ok(Local::Abstract(String::from_utf8_lossy(name).into_owned())),
        None => Err("is not bound; pass one that has an address".to_owned()),
    }
}

/// Returns whether a socket at the address `found` serves the one that is `declared`.
pub(super) fn is_at(found: &Address, declared: &Address) -> bool {
    match (found, declared) {
        (Address::Tcp(found), Address::Tcp(declared))
        | (Address::Udp(found), Address::Udp(declared)) => {
            let (mut at, wanted) = (found.address, declared.address);
            // Any port will do.
            if wanted.port() == 0 {
                at.set_port(0);
            }
            at.ip() == wanted.ip()
                && at.port() == wanted.port()
                && found.is_v6_only == declared.is_v6_only
        }
        (Address::Unix(found), Address::Unix(declared))
        | (Address::Unixgram(found), Address::Unixgram(declared)) => match (found, declared) {
            (Local::Path { path: found, .. }, Local::Path { path: declared, .. }) => {
                is_same_path(found, declared)
            }
            (found, declared) => found == declared,
        },
        (_, Address::Inherited(_)) => true,
        _ => false,
    }
}

/// Compares paths, of which one may lead through a link, such as `/var/run`.
fn is_same_path(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    one == other || whole(one).is_some_and(|one| whole(other) == Some(one))
}
