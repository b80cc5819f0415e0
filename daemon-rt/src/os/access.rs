//! The access of the effective user to a file.

use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::unistd::{AccessFlags, faccessat, getegid, geteuid, getgid, getuid};

use crate::os::sys;

/// Checks the access of the effective user to a path, which is relative to `directory`,
/// `faccessat(2)`.
pub(crate) fn check_access(
    directory: impl AsFd,
    path: &Path,
    access: AccessFlags,
) -> nix::Result<()> {
    match faccessat(&directory, path, access, AtFlags::AT_EACCESS) {
        // An old filter of system calls answers so to faccessat2(2). The older call asks for the
        // real user.
        Err(Errno::EPERM) if geteuid() == getuid() && getegid() == getgid() => {
            sys::faccessat(directory.as_fd(), path, access.bits())
        }
        checked => checked,
    }
}
