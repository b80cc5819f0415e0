//! Sockets with a path, `unix(7)`.
//!
//! Such a socket is bound at its own name. A temporary name that is renamed would show in `ss` and
//! in `local_addr`. Nobody can connect before `listen(2)`, so mode and group are right from the
//! first connection on.

use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, bind, connect, socket};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, stat, umask};
use nix::unistd::{Gid, UnlinkatFlags, setfsgid, unlinkat};

use super::address::LONGEST;
use super::declared::Listen;
use super::explain::explain;
use super::socket::make;
use crate::error::Error;
use crate::os::file_id::FileId;
use crate::trust::{Place, Rule};

/// The kind of thing at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    /// A socket to which no process is bound.
    Stale,
    /// A socket to which a process is bound.
    Live,
    /// Something else than a socket.
    Other,
}

/// Binds a socket at `path`, in the place of a stale one. Returns it with the identity of its file.
///
/// # Errors
/// `ErrorKind::Untrusted` for a directory in which another user can write. Another process is bound
/// there; the path is no socket; a system call fails.
pub(super) fn bind_path(
    wanted: &Listen,
    path: &Path,
    mode: u32,
    group: Option<Gid>,
) -> Result<(OwnedFd, FileId), Error> {
    let failed = |errno| explain(wanted, errno);
    let place = Place::of(path, Rule::PidFile)?;
    match look(&place).map_err(failed)? {
        There::Nothing => {}
        There::Stale => remove(&place).map_err(failed)?,
        There::Live => return Err(failed(Errno::EADDRINUSE)),
        There::Other => return Err(no_socket(path)),
    }
    let socket = make(&wanted.address, AddressFamily::Unix).map_err(failed)?;
    let address = address(&place).map_err(|errno| match errno {
        Errno::ENOENT => failed(Errno::ENAMETOOLONG).advise(format!(
            "without /proc a path has at most {LONGEST} bytes; mount /proc"
        )),
        errno => failed(errno),
    })?;
    // The mode of the file is that of the socket, less the umask.
    fchmod(&socket, Mode::from_bits_truncate(mode)).map_err(failed)?;
    let old_mask = umask(Mode::empty());
    let old_group = group.map(setfsgid);
    let bound = bind(socket.as_raw_fd(), &address);
    old_group.map(setfsgid);
    umask(old_mask);
    bound.map_err(failed)?;
    let file = place.stat().map_err(failed)?;
    Ok((socket, FileId::from(&file)))
}

/// Returns the error for a path that leads to no socket.
pub(super) fn no_socket(path: &Path) -> Error {
    Error::untrusted(path, "it is not a socket; remove it, or pass another path")
}

/// Finds out what is at the place, without a connection to it.
pub(super) fn look(place: &Place) -> nix::Result<There> {
    let file = match place.stat() {
        Err(Errno::ENOENT) => return Ok(There::Nothing),
        file => file?,
    };
    if !is_socket(&file) {
        return Ok(There::Other);
    }
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    // A stream answers a socket for datagrams by EPROTOTYPE, and does not notice it. It answers so
    // even before it listens, when it would refuse a stream as a stale one does.
    let probe = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
    match connect(probe.as_raw_fd(), &address(place)?) {
        Err(Errno::ECONNREFUSED) => Ok(There::Stale),
        // Another process has removed it.
        Err(Errno::ENOENT) => Ok(There::Nothing),
        _ => Ok(There::Live),
    }
}

/// Removes the socket at `path` if no process is bound to it, in a verb after the daemon's end.
///
/// # Errors
/// As for [`Place::of`]; `unlinkat(2)` fails.
pub(crate) fn remove_stale(path: &Path) -> Result<(), Error> {
    let place = Place::of(path, Rule::PidFile)?;
    let failed = |errno| Error::at("remove the socket", path, errno);
    match look(&place).map_err(failed)? {
        There::Stale => remove(&place).map_err(failed),
        There::Nothing | There::Live | There::Other => Ok(()),
    }
}

/// Removes the socket at `path` if it is still `file`, in the daemon that bound it.
///
/// # Errors
/// As for [`remove_stale`].
pub(super) fn remove_own(path: &Path, file: FileId) -> Result<(), Error> {
    let place = Place::of(path, Rule::PidFile)?;
    let is_it = |there: FileStat| is_socket(&there) && FileId::from(&there) == file;
    if !place.stat().is_ok_and(is_it) {
        return Ok(());
    }
    remove(&place).map_err(|errno| Error::at("remove the socket", path, errno))
}

fn remove(place: &Place) -> nix::Result<()> {
    match unlinkat(place.directory(), place.name(), UnlinkatFlags::NoRemoveDir) {
        Err(Errno::ENOENT) => Ok(()),
        removed => removed,
    }
}

fn is_socket(file: &FileStat) -> bool {
    file.st_mode & libc::S_IFMT == SFlag::S_IFSOCK.bits()
}

/// Returns the address of a place. A path that is too long for the kernel leads through the open
/// directory.
///
/// # Errors
/// ENOENT without `/proc`; ENAMETOOLONG for a long name.
fn address(place: &Place) -> nix::Result<UnixAddr> {
    if place.path().as_os_str().len() <= LONGEST {
        return UnixAddr::new(place.path());
    }
    let directory = format!("/proc/self/fd/{}", place.directory().as_raw_fd());
    stat(directory.as_str())?;
    let mut path = OsString::from(directory);
    path.push("/");
    path.push(place.name());
    UnixAddr::new(Path::new(&path))
}
