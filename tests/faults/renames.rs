//! The lock file is renamed, and named again just when the daemon makes another.

use std::fs;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tests::support::Sandbox;

use super::FIXTURE;

/// Renames the lock file, and back when the daemon is about to open it anew.
fn rename_and_back(place: &Sandbox, daemon: Pid) {
    let away = place.path("away");
    ptrace::seize(daemon, Options::PTRACE_O_TRACESYSGOOD).unwrap();
    ptrace::interrupt(daemon).unwrap();
    fs::rename(place.lock_file(), &away).unwrap();
    loop {
        let signal = match waitpid(daemon, Some(WaitPidFlag::__WALL)).unwrap() {
            WaitStatus::Stopped(_, signal) => Some(signal),
            WaitStatus::PtraceSyscall(_) => {
                let registers = ptrace::getregs(daemon).unwrap();
                let makes = registers.rdx & u64::from(libc::O_CREAT.cast_unsigned()) != 0;
                if registers.orig_rax.cast_signed() == libc::SYS_openat && makes {
                    fs::rename(&away, place.lock_file()).unwrap();
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
fn lock_is_held_after_its_file_was_renamed_and_named_again() {
    let place = Sandbox::new(FIXTURE);
    let daemon = place.start();
    rename_and_back(&place, Pid::from_raw(daemon.pid));
    place.wait_for_log("the lock file was removed and is there again");
    assert_eq!(place.daemon().pid, daemon.pid);
    let log = place.log_file().display().to_string();
    let _ = place.verb(&["status"]).exits(0).says(&log);
    place.stop();
    assert!(daemon.has_ended());
    place.assert_nothing_left();
}
