//! The owners and modes of trusted files and directories.

use std::sync::OnceLock;

use nix::libc;
use nix::sys::stat::{FileStat, SFlag};
use nix::unistd::{Uid, geteuid};

use crate::os::proc;

/// The users that may write to a directory besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// For the pid file: no other user if we are root. Otherwise also the group, which is often the
    /// user's own.
    PidFile,
    /// For the log: also the group, since `/var/log` belongs to syslog's group on some systems.
    Log,
    /// For the root directory of a daemon: only root, and no other owner.
    Root,
    /// For the settings: also the group, unless root starts the daemon.
    #[cfg(feature = "config")]
    Settings { by_root: bool },
}

impl Rule {
    fn group_may_write(self) -> bool {
        match self {
            Self::Log => true,
            Self::PidFile => !geteuid().is_root(),
            Self::Root => false,
            #[cfg(feature = "config")]
            Self::Settings { by_root } => !by_root,
        }
    }

    /// Returns whether the rule accepts the owner of the file or directory.
    pub(super) fn trusts_owner(self, stat: &FileStat) -> bool {
        match self {
            Self::Root => stat.st_uid == 0,
            #[cfg(feature = "config")]
            Self::Settings { .. } => is_ours(stat),
            Self::Log | Self::PidFile => is_ours(stat),
        }
    }
}

/// The user in the declaration.
static DECLARED: OnceLock<Uid> = OnceLock::new();

/// Trusts files of the user that the daemon becomes as much as those of root, in every process.
///
/// The log directory belongs to that user. So do the run directory, the pid file and the lock under
/// an init system that changes the user itself (`User=`), and root's verbs must find them.
///
/// That user gains nothing by it. No link is followed and no file with two names is opened, so
/// files of other users are safe. A verb signals only the holder of the lock, and never a number in
/// a file. Only a process that can open the file can hold the lock. So the user can only mislead
/// root about the user's own daemon.
pub(crate) fn trust_also(user: Uid) {
    // Set once per process, since there is one declaration.
    let _ = DECLARED.set(user);
}

/// Returns whether root, the effective user or the declared user owns it.
fn is_ours(stat: &FileStat) -> bool {
    // Most directories on a path are root's, and need no system call.
    if stat.st_uid == 0 {
        return true;
    }
    let declared = DECLARED.get().map(|user| user.as_raw());
    let is_known = stat.st_uid == geteuid().as_raw() || Some(stat.st_uid) == declared;
    is_known && !proc::is_unmapped(stat.st_uid)
}

/// Returns why an owner is not trusted, and what to do.
pub(super) fn describe_owner(uid: u32) -> String {
    if proc::is_unmapped(uid) {
        return format!(
            "belongs to uid {uid}, which stands for users that are unmapped in this user namespace; \
             map its owner, `user_namespaces(7)`, or run this command outside of the namespace"
        );
    }
    let ours = match geteuid().as_raw() {
        0 => "root or the daemon's user".to_owned(),
        uid => format!("root or uid {uid}"),
    };
    format!("belongs to uid {uid}, who could replace it; chown it to {ours}")
}

/// Checks owner and mode of a directory on the path.
///
/// # Errors
/// The reason, to follow the path of the directory.
pub(super) fn check_directory(stat: &FileStat, rule: Rule) -> Result<(), String> {
    // The owner of a sticky directory can remove all entries in it.
    if !rule.trusts_owner(stat) {
        return Err(describe_owner(stat.st_uid));
    }
    if is_sticky(stat) {
        return Ok(());
    }
    check_writers(stat, rule)
}

/// Checks that no other user may write to a file or a directory.
///
/// # Errors
/// The reason, to follow the path.
pub(super) fn check_writers(stat: &FileStat, rule: Rule) -> Result<(), String> {
    if stat.st_mode & libc::S_IWOTH != 0 {
        return Err(
            "is writable by every user, who could replace it; run chmod o-w on it".to_owned(),
        );
    }
    if stat.st_mode & libc::S_IWGRP != 0 && !rule.group_may_write() {
        return Err(format!(
            "is writable by group {}, who could replace it; run chmod g-w on it",
            stat.st_gid
        ));
    }
    Ok(())
}

pub(super) const NOT_REGULAR: &str = "it is not a regular file; remove it or pass another path";

/// Checks kind, owner and links of a file.
///
/// # Errors
/// The reason, a sentence about "it".
pub(super) fn check_file(stat: &FileStat) -> Result<(), String> {
    if !is_kind(stat, SFlag::S_IFREG) {
        return Err(NOT_REGULAR.to_owned());
    }
    if !is_ours(stat) {
        return Err(format!("it {}", describe_owner(stat.st_uid)));
    }
    if stat.st_nlink > 1 {
        let links = stat.st_nlink;
        return Err(format!(
            "it has {links} hard links; remove all but this one"
        ));
    }
    Ok(())
}

/// Returns whether the sticky bit is set.
pub(super) fn is_sticky(stat: &FileStat) -> bool {
    stat.st_mode & libc::S_ISVTX != 0
}

/// Returns whether the file is of `kind`.
pub(super) fn is_kind(stat: &FileStat, kind: SFlag) -> bool {
    SFlag::from_bits_truncate(stat.st_mode & libc::S_IFMT) == kind
}
