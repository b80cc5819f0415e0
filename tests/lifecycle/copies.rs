//! Children that a hook forks without `exec`: copies of the daemon, which leave it alone.

use std::fs;
use std::os::unix::fs::chown;

use rustix::process::Signal;
use tests::support::{NOBODY, Process, Sandbox, eventually, root_or_skip};

/// The hooks of the daemon `restarts_on_panic`, and the signal that leads to each.
const HOOKS: [(&str, Option<Signal>); 8] = [
    ("new", None),
    ("on_start", None),
    ("run", None),
    ("tick", None),
    ("on_usr1", Some(Signal::USR1)),
    ("on_child", None),
    ("on_reload", Some(Signal::HUP)),
    ("on_stop", Some(Signal::TERM)),
];

/// Actions of the copy, its exit code, and its record in the log.
const ENDS: [(&str, i32, &str); 3] = [
    ("log I am the child", 0, "I am the child"),
    ("fail no worker", 1, "failed: no worker"),
    ("panic no worker", 101, "panicked: no worker"),
];

/// The file that makes a copy the only one.
fn mark(sandbox: &Sandbox) -> String {
    let marks = Some(sandbox.path("marks")).filter(|marks| marks.is_dir());
    let marks = marks.unwrap_or_else(|| sandbox.directory().to_owned());
    marks.join("copied").display().to_string()
}

/// Starts the daemon, lets `hook` make one copy, and checks that only the copy has ended.
fn copy_once(sandbox: &Sandbox, start: &[&str], kind: &str, hook: (&str, Option<Signal>)) {
    let (hook, signal) = hook;
    for (action, code, record) in ENDS {
        // The hook itself goes on, and sleeps.
        if hook == "run" && code == 0 {
            continue;
        }
        let mark = mark(sandbox);
        sandbox.script(&format!(
            "on_start spawn true\n{hook} copy {kind} {mark} {action}"
        ));
        // The daemon may be another user, whose log exists already.
        fs::File::create_new(sandbox.log_file()).unwrap();
        if start.len() > 1 {
            chown(sandbox.log_file(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let _ = sandbox.verb(start).exits(0);
        let daemon = sandbox.daemon();
        if let Some(signal) = signal {
            daemon.signal(signal);
        }
        sandbox.wait_for_log(&format!(", {code}))"));
        let copied = sandbox.messages();
        let copied = copied.iter().find_map(|line| line.strip_prefix("copied "));
        let (pid, _) = copied.and_then(|copied| copied.split_once(':')).unwrap();
        assert!(
            !sandbox
                .messages()
                .contains(&format!("drop on thread {pid}"))
        );
        assert_eq!(sandbox.count(record), 1, "{}", sandbox.log());
        if code != 0 && kind != "thread" {
            let known_as = if hook == "on_usr1" { "on_signal" } else { hook };
            let whole = format!("child {pid}: `{known_as}` {record}");
            assert_eq!(sandbox.count(&whole), 1, "{}", sandbox.log());
        }
        if signal == Some(Signal::TERM) {
            daemon.wait_for_end();
        } else {
            assert_alone(sandbox, &daemon);
        }
        sandbox.stop();
        sandbox.assert_nothing_left();
        fs::remove_file(sandbox.log_file()).unwrap();
        fs::remove_file(mark).unwrap();
    }
}

/// The daemon runs, and the pid file and the verbs know it.
fn assert_alone(sandbox: &Sandbox, daemon: &Process) {
    eventually("no copy is left", || sandbox.processes().len() == 1);
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    eventually("it runs", || {
        sandbox.verb(&["status"]).stdout.contains("running")
    });
    let status = sandbox.verb(&["status"]).exits(0);
    assert!(!status.stdout.contains("panicked"), "{status:?}");
}

#[test]
fn copy_of_each_hook_ends_with_its_hook() {
    let sandbox = Sandbox::of("restarts_on_panic");
    for hook in HOOKS {
        copy_once(&sandbox, &["start"], "fork", hook);
    }
}

#[test]
fn copy_of_each_hook_ends_with_its_hook_after_a_privilege_drop() {
    if !root_or_skip("drop privileges") {
        return;
    }
    let sandbox = Sandbox::of("restarts_on_panic");
    let nobody = NOBODY.to_string();
    let marks = sandbox.path("marks");
    fs::create_dir(&marks).unwrap();
    chown(&marks, Some(NOBODY), Some(NOBODY)).unwrap();
    for hook in HOOKS {
        copy_once(&sandbox, &["start", "--user", &nobody], "fork", hook);
    }
}

#[test]
fn copy_ends_with_its_hook_where_a_panic_ends_the_daemon() {
    let sandbox = Sandbox::scripted();
    for hook in [
        ("on_start", None),
        ("run", None),
        ("on_signal", Some(Signal::USR1)),
    ] {
        copy_once(&sandbox, &["start"], "fork", hook);
    }
}

#[test]
fn raw_clone_ends_with_its_hook() {
    let sandbox = Sandbox::scripted();
    copy_once(&sandbox, &["start"], "clone", ("on_start", None));
    copy_once(&sandbox, &["start"], "clone", ("run", None));
}

#[test]
fn copy_made_on_a_thread_ends_with_the_thread() {
    let sandbox = Sandbox::scripted();
    sandbox.script(&format!(
        "on_signal copy thread {} panic no worker",
        mark(&sandbox)
    ));
    let daemon = sandbox.start();
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("copied ");
    assert_eq!(sandbox.count(": thread `"), 1, "{}", sandbox.log());
    assert_alone(&sandbox, &daemon);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn copy_leaves_no_staging_file() {
    let sandbox = Sandbox::scripted();
    let start = ["start", "--log-buffer", "64K"];
    sandbox.script(&format!(
        "on_signal copy fork {} fail no worker",
        mark(&sandbox)
    ));
    let _ = sandbox.verb(&start).exits(0);
    let daemon = sandbox.daemon();
    let files = || fs::read_dir(sandbox.directory()).unwrap().count();
    // The staging file of the daemon is made by its first record.
    daemon.signal(Signal::USR2);
    sandbox.wait_for_log("copied ");
    sandbox.wait_for_log("`on_signal` failed: no worker");
    let before = files();
    daemon.signal(Signal::USR2);
    sandbox.wait_for_logs("got SIGUSR2", 2);
    assert_eq!(files(), before);
    sandbox.stop();
    let left: Vec<_> = fs::read_dir(sandbox.directory()).unwrap().collect();
    assert!(left.len() < before, "{left:?}");
}

#[test]
fn copy_that_waits_takes_no_event_of_the_daemon() {
    let sandbox = Sandbox::scripted();
    sandbox.script(&format!("run copy apart {} spin", mark(&sandbox)));
    let daemon = sandbox.start();
    eventually("a copy", || sandbox.processes().len() == 2);
    for round in 1..=50 {
        daemon.signal(Signal::USR1);
        sandbox.wait_for_logs("got SIGUSR1", round);
    }
    let copy = daemon.children().pop().unwrap();
    copy.signal(Signal::TERM);
    copy.wait_for_end();
    assert_alone(&sandbox, &daemon);
    sandbox.stop();
}

#[test]
fn copy_changes_no_status_of_the_daemon() {
    let sandbox = Sandbox::scripted();
    sandbox.script(&format!(
        "on_start status all is well\non_signal copy fork {} status of the copy",
        mark(&sandbox)
    ));
    let daemon = sandbox.start();
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log(", 0))");
    let _ = sandbox.verb(&["status"]).exits(0).says("all is well");
    sandbox.stop();
}
