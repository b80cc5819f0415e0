//! Traces of the model in `tests/protocol`, replayed by the program.

use std::{fs, thread};

use nix::libc;
use nix::sys::signal::{Signal, kill};
use tests::support::{Sandbox, eventually};

use super::tracer::{self, CALLER, DAEMON, Which};

fn sandbox() -> Sandbox {
    let place = Sandbox::scripted();
    place.script("main block 1");
    place
}

/// "the adversary removes the lock file", between the open and the lock of daemon 0.
#[test]
fn lock_file_removed_between_two_starts_leaves_one_daemon() {
    let place = sandbox();
    let call = Which::Fcntl(libc::F_SETLK);
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
                kill(pid, Signal::SIGKILL).unwrap();
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
