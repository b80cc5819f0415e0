//! Binds the sockets of the daemon, before it drops its privileges.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::{Ipv6V6Only, ReuseAddr};
use nix::sys::socket::{
    AddressFamily, Backlog, SockaddrStorage, UnixAddr, bind, listen, setsockopt,
};
use nix::unistd::Gid;

use super::address::{Address, Ip, Local};
use super::declared::Listen;
use super::explain::explain;
use super::socket::{is_stream, make};
use super::unix;
use crate::error::Error;
use crate::os::file_id::FileId;

/// Binds a socket at the address of `wanted`, and listens. A path belongs to `group`. Returns the
/// file with it, if it has one.
///
/// The queue of connections is as long as the kernel permits, `net.core.somaxconn`.
///
/// # Errors
/// Another process has the address, and the error names it; a system call fails.
pub(super) fn bind_at(
    wanted: &Listen,
    group: Option<Gid>,
) -> Result<(OwnedFd, Option<FileId>), Error> {
    let failed = |errno| explain(wanted, errno);
    let (socket, file) = match wanted.address.file() {
        Some((path, mode)) => {
            let (socket, file) = unix::bind_path(wanted, path, mode, group)?;
            (socket, Some(file))
        }
        None => (bind_plain(wanted).map_err(failed)?, None),
    };
    // Another process may have bound the same address, and listen by now.
    if is_stream(&wanted.address)
        && let Err(errno) = listen(&socket, Backlog::MAXALLOWABLE)
    {
        let error = failed(errno);
        if let (Some(path), Some(file)) = (wanted.address.path(), file) {
            let _ = unix::remove_own(path, file);
        }
        return Err(error);
    }
    Ok((socket, file))
}

/// Binds a socket without a path, and does not listen at it.
///
/// # Errors
/// `bind(2)` fails; EINVAL for an address that is taken over and never bound.
pub(super) fn bind_plain(wanted: &Listen) -> nix::Result<OwnedFd> {
    match &wanted.address {
        Address::Tcp(ip) | Address::Udp(ip) => bind_ip(&wanted.address, *ip),
        Address::Unix(Local::Abstract(name)) | Address::Unixgram(Local::Abstract(name)) => {
            let socket = make(&wanted.address, AddressFamily::Unix)?;
            let name = UnixAddr::new_abstract(name.as_bytes())?;
            bind(socket.as_raw_fd(), &name)?;
            Ok(socket)
        }
        _ => Err(Errno::EINVAL),
    }
}

fn bind_ip(address: &Address, ip: Ip) -> nix::Result<OwnedFd> {
    let family = match ip.address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let socket = make(address, family)?;
    if family == AddressFamily::Inet6 {
        // The default is a setting of the system, `net.ipv6.bindv6only`.
        setsockopt(&socket, Ipv6V6Only, &ip.is_v6_only)?;
    }
    if is_stream(address) {
        // Connections of an earlier daemon may still be closing. For datagrams the option would let
        // two processes share the address.
        setsockopt(&socket, ReuseAddr, &true)?;
    }
    bind(socket.as_raw_fd(), &SockaddrStorage::from(ip.address))?;
    Ok(socket)
}
