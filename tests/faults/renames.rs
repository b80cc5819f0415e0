//! The lock file is renamed, and named again just when the daemon makes another.

use std::fs;
use std::path::Path;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tests::support::{Sandbox, eventually};

/// Renames the lock file, and does `then` when the daemon is about to open it anew.
fn rename_and(place: &Sandbox, daemon: Pid, away: &Path, then: impl Fn()) {
    ptrace::seize(daemon, Options::PTRACE_O_TRACESYSGOOD).unwrap();
    ptrace::interrupt(daemon).unwrap();
    fs::rename(place.lock_file(), away).unwrap();
    loop {
        let signal = match waitpid(daemon, Some(WaitPidFlag::__WALL)).unwrap() {
            WaitStatus::Stopped(_, signal) => Some(signal),
            WaitStatus::PtraceSyscall(_) => {
                let registers = ptrace::getregs(daemon).unwrap();
                let makes = registers.rdx & u64::from(libc::O_CREAT.cast_unsigned()) != 0;
                if registers.orig_rax.cast_signed() == libc::SYS_openat && makes {
                    then();
                    ptrace::detach(daemon, None).unwrap();
                    return;
                }
                None
            }
            _ => None,
        };
        ptrace::syscall(daemon, signal).unwrap();
    }
}

#[test]
fn lock_is_held_after_its_file_was_renamed_back() {
    let place = Sandbox::scripted();
    let daemon = place.start();
    let away = place.path("away");
    rename_and(&place, Pid::from_raw(daemon.pid), &away, || {
        fs::rename(&away, place.lock_file()).unwrap();
    });
    place.wait_for_log("restored the lock file");
    assert_eq!(place.daemon().pid, daemon.pid);
    let log = place.log_file().display().to_string();
    let _ = place.verb(&["status"]).exits(0).says(&log);
    place.stop();
    assert!(daemon.has_ended());
    place.assert_nothing_left();
}

/// A file with two names is refused, but was opened: to close it has ended the lock.
#[test]
fn lock_lost_by_a_failed_try_is_taken_again() {
    let place = Sandbox::scripted();
    let daemon = place.start();
    let away = place.path("away");
    rename_and(&place, Pid::from_raw(daemon.pid), &away, || {
        fs::hard_link(&away, place.lock_file()).unwrap();
    });
    place.wait_for_log("cannot restore the lock file");
    fs::remove_file(&away).unwrap();
    eventually("it is held", || place.verb(&["status"]).code() == 0);
    let _ = place.verb(&["start"]).exits(0).says("already running");
    assert_eq!(place.daemon().pid, daemon.pid);
    place.stop();
    assert!(daemon.has_ended());
    place.assert_nothing_left();
}
