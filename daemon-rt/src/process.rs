//! Facts about processes, from `/proc`, `proc(5)`.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use crate::sys;

/// The names of this process's threads besides the calling one.
pub(crate) fn other_threads() -> std::io::Result<Vec<String>> {
    let own = nix::unistd::gettid().to_string();
    let mut names = Vec::new();
    for entry in fs::read_dir("/proc/self/task")? {
        let entry = entry?;
        if entry.file_name() != own.as_str() {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            names.push(name.trim_end().to_owned());
        }
    }
    Ok(names)
}

/// Who holds the `flock(2)` of this file, if `/proc/locks` knows.
pub(crate) fn flock_holder(file: &fs::File) -> Option<i32> {
    lock_holder("FLOCK", &file.metadata().ok()?)
}

/// Who holds the record lock of the file at `path`, without opening it: what an ordinary user can
/// learn of root's daemon.
///
/// # Errors
/// The file cannot be looked at, so nothing is known.
pub(crate) fn record_lock_holder(path: &Path) -> std::io::Result<Option<i32>> {
    Ok(lock_holder("POSIX", &fs::symlink_metadata(path)?))
}

/// A line of `/proc/locks` is `1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 0 EOF`.
fn lock_holder(kind: &str, file: &fs::Metadata) -> Option<i32> {
    let device = file.dev();
    let (major, minor) = (nix::libc::major(device), nix::libc::minor(device));
    let wanted = format!("{major:02x}:{minor:02x}:{}", file.ino());
    fs::read_to_string("/proc/locks")
        .ok()?
        .lines()
        .find_map(|line| {
            let mut words = line.split_whitespace().skip_while(|word| *word != kind);
            let (_, _, access) = (words.next()?, words.next()?, words.next()?);
            let pid = words.next()?.parse().ok()?;
            (access == "WRITE" && words.next()? == wanted).then_some(pid)
        })
}

/// Waits until process `pid` is gone or a zombie, at most `limit`.
pub(crate) fn wait_for_end(pid: i32, limit: Duration) {
    if let Ok(pidfd) = sys::pidfd_open(Pid::from_raw(pid)) {
        wait_readable(pidfd.as_fd(), limit);
    }
}

/// Waits until `fd` can be read, at most `limit`; a signal may cut it short.
pub(crate) fn wait_readable(fd: BorrowedFd<'_>, limit: Duration) -> bool {
    let mut wanted = [PollFd::new(fd, PollFlags::POLLIN)];
    ppoll(&mut wanted, Some(TimeSpec::from(limit)), None).is_ok_and(|ready| ready > 0)
}

/// The command line of a process, for people.
pub(crate) fn command_line(pid: i32) -> String {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = raw.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
