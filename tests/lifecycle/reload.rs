//! Verbs that ask a running daemon for something: `reload`, `signal`, `log-level`, `logs`, `check`.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::time::Duration;

use rustix::process::Signal;
use tests::support::{Running, Sandbox, eventually};

#[test]
fn reload_returns_when_the_new_state_is_in_force() {
    let sandbox = Sandbox::of("own_reload");
    sandbox.script("on_reload block 300\non_reload log new state");
    let daemon = sandbox.start();
    for verb in ["reload", "force-reload"] {
        let before = sandbox.count("new state");
        let _ = sandbox.verb(&[verb]).exits(0).says("reloaded");
        assert_eq!(sandbox.count("new state"), before + 1);
    }
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
}

#[test]
fn reload_without_a_hook_stops_and_starts() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["reload"]).exits(0);
    assert_eq!(
        (sandbox.count("on_stop"), sandbox.count("on_start")),
        (1, 2)
    );
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
}

#[test]
fn reload_without_a_hook_waits_for_the_guards_of_threads() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start guard 500\non_start notice");
    let daemon = sandbox.start();
    // Signals wait for the end of the work, and the loop sleeps meanwhile.
    let reload = sandbox.begin(&["reload"]);
    sandbox.wait_for_log("the span is over");
    daemon.signal(Signal::USR1);
    let reload = reload.finish().exits(0).says("reloaded");
    // It ends with the work, and not with the time for that.
    assert!(reload.took < Duration::from_secs(5));
    sandbox.wait_for_log("got SIGUSR1");
    let messages = sandbox.messages();
    let place = |text: &str| messages.iter().position(|m| m.contains(text)).unwrap();
    let order = [
        "the span is over",
        "the guard goes",
        "drained in",
        "on_stop",
    ];
    assert!(order.map(place).is_sorted(), "{messages:?}");
    assert!(place("on_stop") < place("got SIGUSR1"), "{messages:?}");
    sandbox.stop();
}

#[test]
fn stop_during_the_draining_of_a_reload_wins() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start guard 60000\non_start notice");
    let _ = sandbox.verb(&["start", "--drain", "2s"]).exits(0);
    let daemon = sandbox.daemon();
    let reload = sandbox.begin(&["reload"]);
    sandbox.wait_for_log("the span is over");
    daemon.signal(Signal::TERM);
    let _ = reload.finish().exits(1).complains("the daemon stops");
    daemon.wait_for_end();
    let counts = ["on_start on", "on_stop on"].map(|text| sandbox.count(text));
    assert_eq!(counts, [1, 1], "{}", sandbox.log());
    sandbox.assert_nothing_left();
}

#[test]
fn failed_reload_is_reported_and_the_daemon_goes_on() {
    let sandbox = Sandbox::of("own_reload");
    let daemon = sandbox.start();
    sandbox.script("on_reload fail line 3 makes no sense");
    let failed = sandbox.verb(&["reload"]).exits(1);
    let _ = failed.complains("keeps its old state: line 3 makes no sense");
    assert!(!daemon.has_ended());
    assert_eq!(
        sandbox.count("`on_reload` failed: line 3 makes no sense"),
        1
    );
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says("line 3 makes no sense");
    sandbox.script("");
    let _ = sandbox.verb(&["reload"]).exits(0);
    let status = sandbox.verb(&["status"]).exits(0);
    assert!(!status.stdout.contains("line 3"), "{status:?}");
    sandbox.stop();
}

#[test]
fn failed_start_in_a_reload_ends_the_daemon() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    sandbox.script("on_start fail the disk is gone");
    let _ = sandbox.verb(&["reload"]).exits(1);
    daemon.wait_for_end();
    assert!(
        sandbox.count("`on_start` failed: the disk is gone") >= 1,
        "{}",
        sandbox.log()
    );
    sandbox.assert_nothing_left();
}

#[test]
fn panic_in_a_reload_ends_the_daemon_and_is_reported() {
    let sandbox = Sandbox::of("own_reload");
    let daemon = sandbox.start();
    sandbox.script("on_reload panic boom");
    let _ = sandbox.verb(&["reload"]).exits(1);
    daemon.wait_for_end();
    assert_eq!(sandbox.count("panicked: boom"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn verbs_that_need_a_daemon_exit_7_without_one() {
    let sandbox = Sandbox::scripted();
    let lines = [
        &["reload"][..],
        &["force-reload"],
        &["signal", "USR1"],
        &["log-level"],
        &["log-level", "info"],
    ];
    for line in lines {
        let _ = sandbox.verb(line).exits(7).complains("not running");
    }
    sandbox.start().kill();
    for line in lines {
        let _ = sandbox.verb(line).exits(7).complains("not running");
    }
}

#[test]
fn signal_verb_sends_handled_signals_only() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for name in ["USR1", "SIGUSR2", "usr1", "10", "SIGRTMIN+3"] {
        let before = sandbox.count("on_signal on");
        let _ = sandbox
            .verb(&["signal", name])
            .exits(0)
            .says(&daemon.pid.to_string());
        sandbox.wait_for_logs("on_signal on", before + 1);
    }
    for name in [
        "KILL",
        "9",
        "0",
        "QUIT",
        "RTMIN+4",
        "nonsense",
        "-1",
        "99999999999",
    ] {
        let _ = sandbox.verb(&["signal", "--", name]).exits(2);
    }
    let _ = sandbox.verb(&["signal"]).exits(2);
    assert!(!daemon.has_ended());
    sandbox.stop();
}

#[test]
fn log_level_changes_the_running_daemon() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    sandbox.wait_for_log("run ");
    let _ = sandbox.verb(&["log-level"]).exits(0).says("debug");
    let _ = sandbox.verb(&["log-level", "error"]).exits(0);
    let _ = sandbox.verb(&["log-level"]).exits(0).says("error");
    let handled = sandbox.path("handled");
    sandbox.script(&format!("on_signal touch {}", handled.display()));
    daemon.signal(Signal::USR1);
    eventually("the handler ran", || handled.exists());
    let _ = sandbox.verb(&["log-level", "info"]).exits(0);
    daemon.signal(Signal::USR2);
    sandbox.wait_for_log("got SIGUSR2");
    assert_eq!(
        sandbox.count("got SIGUSR1"),
        0,
        "an INFO line at level ERROR"
    );
    assert_eq!(sandbox.count("on_signal"), 0, "a DEBUG line at level INFO");
    let _ = sandbox.verb(&["log-level", "loud"]).exits(2);
    sandbox.stop();
}

/// The hole would be gigabytes of output.
#[test]
fn logs_of_a_sparse_file_begins_after_the_hole() {
    let sandbox = Sandbox::scripted();
    let mut log = File::create(sandbox.log_file()).unwrap();
    log.set_len(5 << 30).unwrap();
    log.seek(SeekFrom::End(0)).unwrap();
    log.write_all(b"one\ntwo\n").unwrap();
    let shown = sandbox.verb(&["logs", "-n", "100"]).exits(0).stdout;
    assert_eq!(shown, "one\ntwo\n");
    let shown = sandbox.verb(&["logs", "-n", "1"]).exits(0).stdout;
    assert_eq!(shown, "two\n");
}

#[test]
fn logs_shows_the_end_and_follows_a_rename() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    sandbox.wait_for_log("run ");
    let lines = |count: &str| {
        let shown = sandbox.verb(&["logs", "-n", count]).exits(0).stdout;
        shown.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<_> = sandbox.log().lines().map(str::to_owned).collect();
    assert_eq!(lines("1000"), all);
    assert_eq!(lines("1"), all[all.len() - 1..]);
    assert!(lines("0").is_empty());
    let mut command = sandbox.program("sh");
    command
        .args(["-c", "exec \"$D\" logs -f -n 0 > followed"])
        .env("D", sandbox.exe());
    let follower = Running::begin(command);
    let shown_so_far = || fs::read_to_string(sandbox.path("followed")).unwrap_or_default();
    // It has begun when it shows something.
    eventually("it follows", || {
        daemon.signal(Signal::USR1);
        shown_so_far().contains("got SIGUSR1")
    });
    fs::rename(sandbox.log_file(), sandbox.path("old.log")).unwrap();
    let _ = sandbox.verb(&["reload"]).exits(0);
    daemon.signal(Signal::USR2);
    eventually("it follows the new file", || {
        shown_so_far().contains("got SIGUSR2")
    });
    let shown = shown_so_far();
    let written = fs::read_to_string(sandbox.path("old.log")).unwrap() + &sandbox.log();
    assert!(
        written.contains(shown.trim_end()),
        "a line is lost or doubled:\n{shown}\n{written}"
    );
    // A process that has not noticed the rename yet.
    let mut late = fs::File::options()
        .append(true)
        .open(sandbox.path("old.log"))
        .unwrap();
    std::io::Write::write_all(&mut late, b"written late\n").unwrap();
    eventually("it follows the old file, too", || {
        shown_so_far().contains("written late")
    });
    follower.process().kill();
    let _ = follower.finish();
    sandbox.stop();
}

#[test]
fn logs_into_a_closed_pipe_ends() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.start();
    sandbox.wait_for_log("run ");
    let _ = sandbox.shell("\"$D\" logs | head -n 1").exits(0);
    sandbox.stop();
}

#[test]
fn check_predicts_the_start_and_changes_nothing() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["check"]).exits(0).says("lock: free");
    assert_eq!(fs::read_dir(sandbox.directory()).unwrap().count(), 0);
    let _ = sandbox
        .verb(&["check", "--working-dir", "/no/such"])
        .exits(6)
        .complains("`working_dir`: the directory /no/such does not exist");
    let _ = sandbox
        .verb(&["check", "--user", "no-such-user"])
        .exits(6)
        .complains("no-such-user");
    symlink("/etc/passwd", sandbox.log_file()).unwrap();
    let _ = sandbox.verb(&["check"]).exits(4).complains("symbolic link");
    fs::remove_file(sandbox.log_file()).unwrap();
    let daemon = sandbox.start();
    let _ = sandbox
        .verb(&["check"])
        .exits(0)
        .says(&format!("already running, pid {}", daemon.pid));
    sandbox.stop();
}
