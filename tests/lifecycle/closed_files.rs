//! Code of the daemon that closes descriptors of the lock file, which ends a record lock.

use std::fs;
use std::os::unix::fs::chown;

use rustix::process::Signal;
use tests::support::{NOBODY, Process, Sandbox, eventually, root_or_skip};
use tests::{require_namespaces, require_root};

/// Actions that close a descriptor of the lock file, `{}`.
const CLOSES: [&str; 6] = [
    "close read {}",
    "close thread {}",
    "close dup {}",
    "close exec {}",
    "copy fork {mark} close read {}",
    "close all",
];

/// The record of a keeper that has taken the record lock again.
const AGAIN: &str = "took the record lock on the lock file again";

/// Lets the handler of a signal perform `action` twice.
fn close_twice(sandbox: &Sandbox, daemon: &Process, action: &str) {
    let mark = sandbox.path("mark").display().to_string();
    let lock = sandbox.lock_file().display().to_string();
    let action = action.replace("{mark}", &mark).replace("{}", &lock);
    sandbox.script(&format!("on_signal {action}\nrun touch {mark}.run"));
    for _ in 0..2 {
        let _ = fs::remove_file(sandbox.path("mark.run"));
        daemon.signal(Signal::USR1);
        eventually("it takes the signal", || sandbox.path("mark.run").exists());
    }
}

/// Asserts that verbs see `daemon`, and that no second one starts.
fn assert_only(sandbox: &Sandbox, daemon: &Process) {
    let pid = format!("pid {}", daemon.pid);
    let _ = sandbox.verb(&["status"]).exits(0).says(&pid);
    let _ = sandbox.verb(&["start"]).exits(0).says("already running");
    assert_eq!(sandbox.processes().len(), 1);
}

fn closed_descriptors_keep_the_lock(new: impl Fn() -> Sandbox) {
    for action in CLOSES {
        let sandbox = new();
        let daemon = sandbox.start();
        close_twice(&sandbox, &daemon, action);
        assert_only(&sandbox, &daemon);
        // After `all` the log is closed as well. A child of a fork ends no lock of its parent.
        let is_logged = !action.contains("all") && !action.contains("fork");
        assert_eq!(sandbox.count(AGAIN), usize::from(is_logged), "{action}");
        sandbox.stop();
        assert!(daemon.has_ended());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn closed_descriptors_keep_the_lock_of_the_tests_user() {
    closed_descriptors_keep_the_lock(Sandbox::scripted);
}

#[test]
fn closed_descriptors_keep_the_lock_of_an_ordinary_user() {
    if root_or_skip("run verbs as another user") {
        closed_descriptors_keep_the_lock(|| Sandbox::scripted_by(NOBODY).unwrap());
    }
}

/// The daemon cannot open root's lock file again. The mapping of the other lock names it.
#[test]
fn closed_descriptors_of_a_declared_user_leave_one_daemon() {
    if !root_or_skip("become another user") {
        return;
    }
    for action in CLOSES {
        let sandbox = Sandbox::scripted();
        fs::File::create_new(sandbox.log_file()).unwrap();
        for path in [sandbox.directory(), &sandbox.log_file()] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let options = ["--user", "nobody"];
        let _ = sandbox.verb(&["start", options[0], options[1]]).exits(0);
        let daemon = sandbox.daemon();
        close_twice(&sandbox, &daemon, action);
        let verb = |name: &str| sandbox.verb(&[name, options[0], options[1]]);
        let pid = format!("pid {}", daemon.pid);
        let _ = verb("status").exits(0).says(&pid);
        let _ = verb("start").exits(0).says("already running");
        assert_eq!(sandbox.count(AGAIN), 0, "{action}");
        assert_eq!(sandbox.processes().len(), 1);
        let _ = verb("stop").exits(0);
        let _ = verb("status").exits(3);
    }
}

/// The loop sleeps, so nothing but the verb wakes it.
#[test]
fn record_lock_lost_in_a_thread_is_taken_again_for_a_verb() {
    let sandbox = Sandbox::scripted();
    let lock = sandbox.lock_file().display().to_string();
    sandbox.script(&format!("on_start close later {lock}"));
    let daemon = sandbox.start();
    sandbox.wait_for_log("closed later");
    assert_only(&sandbox, &daemon);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// No verb has to wake the loop.
#[test]
fn record_lock_lost_before_a_sleep_is_taken_again() {
    let sandbox = Sandbox::scripted();
    let lock = sandbox.lock_file().display().to_string();
    sandbox.script(&format!("run close read {lock}\nrun sleep 60000"));
    let daemon = sandbox.start();
    sandbox.wait_for_log(AGAIN);
    assert_only(&sandbox, &daemon);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Without it no wait would block any more.
#[test]
fn eventfd_closed_by_the_daemon_is_created_again() {
    let sandbox = Sandbox::scripted();
    let mark = sandbox.path("mark");
    let then = format!("on_signal touch {}\nrun sleep 60000", mark.display());
    sandbox.script(&format!("on_signal close all\n{then}"));
    let daemon = sandbox.start();
    let has_eventfd = || {
        let descriptors = daemon.descriptors();
        descriptors.values().any(|file| file.contains("[eventfd]"))
    };
    assert!(has_eventfd());
    daemon.signal(Signal::USR1);
    eventually("it closes its files", || mark.exists());
    eventually("it waits by an eventfd again", has_eventfd);
    daemon.signal(Signal::USR1);
    assert_only(&sandbox, &daemon);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// A daemon that lost its record lock in a hook that hangs.
fn hanging() -> (Sandbox, Process) {
    let sandbox = Sandbox::scripted();
    let lock = sandbox.lock_file().display().to_string();
    sandbox.script(&format!("run close read {lock}\nrun log closed\nrun hang"));
    let daemon = sandbox.start();
    sandbox.wait_for_log("closed");
    (sandbox, daemon)
}

#[test]
fn daemon_that_hangs_without_its_record_lock_is_found() {
    let (sandbox, daemon) = hanging();
    assert_only(&sandbox, &daemon);
    let stop = sandbox.verb(&["stop", "--stop-timeout", "1s"]);
    let _ = stop.exits(0).says("killed after 1s");
    assert!(daemon.has_ended());
    sandbox.assert_nothing_left();
}

/// Without `/proc` no mapping names the daemon.
#[test]
fn daemon_that_nothing_names_is_reported_and_left_alone() {
    require_root!("mount");
    require_namespaces!("--mount");
    let (sandbox, daemon) = hanging();
    let alone = "mount -t tmpfs none /proc && exec \"$D\"";
    let verb = |name: &str| sandbox.shell(&format!("unshare -m sh -c '{alone} {name}'"));
    let hint = format!("the pid file says {}", daemon.pid);
    let _ = verb("status").exits(4).says(&hint);
    for name in ["stop", "reload"] {
        let _ = verb(name).exits(4).complains(&hint);
    }
    assert_eq!(sandbox.processes().len(), 1);
    daemon.kill();
    daemon.wait_for_end();
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn forked_child_that_outlives_the_daemon_keeps_no_lock() {
    let sandbox = Sandbox::scripted();
    let mark = sandbox.path("mark").display().to_string();
    sandbox.script(&format!("run copy apart {mark} hang"));
    let first = sandbox.start();
    sandbox.wait_for_log("copied");
    first.kill();
    sandbox.script("");
    let second = sandbox.start();
    let is_child = |process: &Process| process.pid != second.pid;
    let child = sandbox.processes().into_iter().find(is_child).unwrap();
    child.kill();
    sandbox.stop();
    sandbox.assert_nothing_left();
}
