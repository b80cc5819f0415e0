//! Traces of the model in `tests/protocol`, replayed by the program.

use std::{fs, thread};

use nix::libc;
use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

use super::tracer::{self, CALLER, DAEMON, Which};

/// Makes user code of the daemon open its lock file and close it.
fn close_lock_file(place: &Sandbox) {
    let path = place.lock_file().display().to_string();
    place.script(&format!("main block 1\non_signal open {path}"));
    place.daemon().signal(Signal::USR1);
    place.wait_for_log(&format!("open {path}: done"));
    place.script("main block 1");
}

fn sandbox() -> Sandbox {
    let place = Sandbox::scripted();
    place.script("main block 1");
    place
}

/// "daemon 0 closes a descriptor of the lock file", while verb 1 has the verb lock.
#[test]
fn closed_lock_file_admits_no_second_daemon() {
    for call in [
        Which::Fcntl(libc::F_OFD_GETLK),
        Which::First(libc::SYS_flock),
    ] {
        let place = sandbox();
        let daemon = place.start();
        let trace = tracer::run_and(&place, &["start"], CALLER, call, |_| {
            close_lock_file(&place);
        });
        assert!(trace.code == 0, "{call:?}: {trace}");
        assert!(
            trace.stdout.contains("already running"),
            "{call:?}: {trace}"
        );
        assert_eq!(
            (place.processes().len(), place.daemon().pid),
            (1, daemon.pid)
        );
        eventually("the kernel names the daemon", || {
            place.verb(&["status"]).code() == 0
        });
        place.stop();
        assert!(daemon.has_ended());
        place.assert_nothing_left();
    }
}

/// "the adversary removes the lock file", between the open and the lock of daemon 0.
#[test]
fn lock_file_removed_between_two_starts_leaves_one_daemon() {
    for command in [libc::F_OFD_SETLK, libc::F_SETLK] {
        let place = sandbox();
        let call = Which::Fcntl(command);
        let trace = tracer::run_and(&place, &["start"], DAEMON, call, |_| {
            fs::remove_file(place.lock_file()).unwrap();
            let _ = place.start();
        });
        let text = "was removed while the daemon started";
        assert!(trace.code == 1 && trace.stderr.contains(text), "{trace}");
        assert_eq!(place.processes().len(), 1);
        let _ = place.verb(&["start"]).exits(0).says("already running");
        place.stop();
        place.assert_nothing_left();
    }
}

/// "daemon 3 finds the lock of a daemon that is not ready": its page is that of a killed one.
#[test]
fn page_of_a_killed_daemon_ends_no_ready_one() {
    let place = sandbox();
    let first = place.start();
    first.signal(Signal::STOP);
    fs::remove_file(place.lock_file()).unwrap();
    let second = place.start();
    second.kill();
    second.wait_for_end();
    let call = Which::First(libc::SYS_pwrite64);
    let trace = tracer::run_and(&place, &["start"], DAEMON, call, |third| {
        first.signal(Signal::CONT);
        place.wait_for_log("cannot restore the lock file");
        Process::of(third.as_raw()).kill();
    });
    assert_eq!(trace.code, 1, "{trace}");
    place.wait_for_log("restored the lock file");
    place.wait_for_log("restored the pid file");
    assert_eq!(place.processes().len(), 1);
    assert_eq!(place.daemon().pid, first.pid);
    place.stop();
    place.assert_nothing_left();
}

/// "verb 0 is killed", while verb 1 waits for the verb lock.
#[test]
fn killed_verb_releases_the_queue() {
    for (verb, call, said) in [
        ("start", libc::SYS_pipe2, "started"),
        ("stop", libc::SYS_pidfd_send_signal, "already running"),
    ] {
        let place = sandbox();
        let daemon = (verb == "stop").then(|| place.start());
        thread::scope(|scope| {
            let mut second = None;
            let call = Which::First(call);
            let trace = tracer::run_and(&place, &[verb], CALLER, call, |pid| {
                // In a thread, since the tracer waits for every child of its own.
                second = Some(scope.spawn(|| place.verb(&["start"])));
                let known = [Some(pid.as_raw()), daemon.as_ref().map(|daemon| daemon.pid)];
                eventually("another verb waits", || has_lock_file_open(&place, known));
                Process::of(pid.as_raw()).kill();
            });
            assert_eq!(trace.code, 137, "{verb}: {trace}");
            let _ = second.unwrap().join().unwrap().exits(0).says(said);
        });
        assert!(daemon.is_none_or(|daemon| !daemon.has_ended()));
        assert_eq!(place.processes().len(), 1);
        place.stop();
        place.assert_nothing_left();
    }
}

/// Whether a process that is not `known` has the lock file open.
fn has_lock_file_open(place: &Sandbox, known: [Option<i32>; 2]) -> bool {
    let path = place.lock_file();
    let mut others = place.processes().into_iter();
    others.any(|process| {
        let mut files = process.descriptors().into_values();
        !known.contains(&Some(process.pid)) && files.any(|file| path.as_os_str() == file.as_str())
    })
}
