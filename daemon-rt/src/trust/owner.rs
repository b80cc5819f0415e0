//! Whose files and folders are believed.

use std::sync::OnceLock;

use nix::libc;
use nix::sys::stat::{FileStat, SFlag};
use nix::unistd::{Uid, geteuid};

/// Who may write to a folder besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Root's pid files: nobody. An ordinary user's: the group, which is often the user's own.
    PidFile,
    /// Log folders: the group, too (`/var/log` belongs to syslog's on some systems).
    Log,
    /// The root of a daemon: nobody but root, not even as the owner.
    Root,
}

impl Rule {
    fn group_may_write(self) -> bool {
        match self {
            Self::Log => true,
            Self::PidFile => !geteuid().is_root(),
            Self::Root => false,
        }
    }

    /// Whether whoever owns the file or the folder may have a say in what is done with it.
    pub(super) fn trusts_owner(self, stat: &FileStat) -> bool {
        match self {
            Self::Root => stat.st_uid == 0,
            Self::Log | Self::PidFile => is_ours(stat),
        }
    }
}

/// The user that the declaration names.
static DECLARED: OnceLock<Uid> = OnceLock::new();

/// Trusts what belongs to the user that the daemon becomes as much as what is root's.
///
/// Its log folder is that user's, and under an init system that changes the user itself (`User=`)
/// so are the run folder, the pid file and the lock: root's verbs must find them. That user gains
/// nothing by it. No link is followed and no file with two names is opened, so nothing of anybody
/// else's is written to; nobody is signalled for a number in a file, but for holding the lock, which
/// only a process that could open the file holds: the user's own. What is left is to mislead root
/// about the user's own daemon.
pub(crate) fn trust_also(user: Uid) {
    // Once a process: there is one declaration.
    let _ = DECLARED.set(user);
}

/// Whether root, the effective user or the declared one owns it.
fn is_ours(stat: &FileStat) -> bool {
    let declared = DECLARED.get().map(|user| user.as_raw());
    stat.st_uid == 0 || stat.st_uid == geteuid().as_raw() || Some(stat.st_uid) == declared
}

pub(super) fn check_folder(stat: &FileStat, rule: Rule) -> Result<(), String> {
    // The owner of a sticky folder may take away what is in it, whoever owns that.
    if !rule.trusts_owner(stat) {
        return Err(format!(
            "belongs to uid {}, who could replace it",
            stat.st_uid
        ));
    }
    if is_sticky(stat) {
        return Ok(());
    }
    if stat.st_mode & libc::S_IWOTH != 0 {
        return Err("is writable by every user, who could replace it".to_owned());
    }
    if stat.st_mode & libc::S_IWGRP != 0 && !rule.group_may_write() {
        return Err(format!(
            "is writable by group {}, who could replace it",
            stat.st_gid
        ));
    }
    Ok(())
}

pub(super) fn check_file(stat: &FileStat) -> Result<(), String> {
    if !is_kind(stat, SFlag::S_IFREG) {
        return Err("it is not a regular file".to_owned());
    }
    if !is_ours(stat) {
        return Err(format!("it belongs to uid {}", stat.st_uid));
    }
    if stat.st_nlink > 1 {
        return Err(format!("it has {} hard links", stat.st_nlink));
    }
    Ok(())
}

pub(super) fn is_sticky(stat: &FileStat) -> bool {
    stat.st_mode & libc::S_ISVTX != 0
}

pub(super) fn is_kind(stat: &FileStat, kind: SFlag) -> bool {
    SFlag::from_bits_truncate(stat.st_mode & libc::S_IFMT) == kind
}
