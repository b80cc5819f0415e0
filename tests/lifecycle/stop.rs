//! `stop` and `restart`: they return when the daemon is gone, and say how it went.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

#[test]
fn everything_is_free_when_stop_returns() {
    let sandbox = Sandbox::scripted();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    sandbox.script(&format!(
        "on_start listen {}\non_stop block 300",
        address.port()
    ));
    for _ in 0..3 {
        let daemon = sandbox.start();
        assert!(
            TcpListener::bind(address).is_err(),
            "the daemon does not listen"
        );
        let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
        assert!(daemon.has_ended());
        drop(TcpListener::bind(address).unwrap());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn stop_of_a_stopped_daemon_succeeds() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["stop"]).exits(0).says("not running");
    assert_eq!(
        fs::read_dir(sandbox.directory()).unwrap().count(),
        0,
        "it makes no files"
    );
    let _ = sandbox.start();
    sandbox.stop();
    let _ = sandbox.verb(&["stop"]).exits(0).says("not running");
}

#[test]
fn hanging_stop_is_killed_after_the_timeout() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let daemon = sandbox.start();
    let verb = sandbox
        .verb(&["stop", "--stop-timeout", "1"])
        .exits(0)
        .says("killed after 1s");
    assert!(verb.took >= Duration::from_secs(1));
    assert!(daemon.has_ended());
    sandbox.assert_nothing_left();
}

#[test]
fn restart_of_a_hanging_daemon_reports_the_kill() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let daemon = sandbox.start();
    let restart = sandbox
        .verb(&["restart", "--stop-timeout", "100ms"])
        .exits(0);
    let restart = restart.says("the old daemon was killed after 100ms");
    let _ = restart.says("started, pid");
    assert!(daemon.has_ended());
    sandbox.script("");
    sandbox.stop();
}

#[test]
fn hanging_stop_with_no_kill_is_left_alive() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let daemon = sandbox.start();
    let verb = sandbox
        .verb(&["stop", "--no-kill", "--stop-timeout", "1"])
        .exits(1);
    let _ = verb.complains("still runs").complains("in `on_stop`");
    assert!(!daemon.has_ended());
    let _ = sandbox.verb(&["status"]).exits(0).says("stopping");
    daemon.kill();
}

#[test]
fn stop_names_the_hook_it_waits_for() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run block 3000");
    let _ = sandbox.start();
    sandbox.wait_for_log("run ");
    let _ = sandbox
        .verb(&["stop"])
        .exits(0)
        .says("stopped")
        .complains("waiting: in `run` since");
}

#[test]
fn stop_timeout_of_the_start_holds_for_stop() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let _ = sandbox.verb(&["start", "--stop-timeout", "500ms"]).exits(0);
    let _ = sandbox.verb(&["stop"]).exits(0).says("killed after 500ms");
    // An option of this verb takes precedence, and so does its variable.
    let _ = sandbox.verb(&["start", "--stop-timeout", "1m"]).exits(0);
    let stop = sandbox.shell("SCRIPTED_STOP_TIMEOUT=300ms exec \"$D\" stop");
    let _ = stop.exits(0).says("killed after 300ms");
}

#[test]
fn frozen_daemon_is_thawed_and_stopped() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
    assert_eq!(sandbox.count("on_stop"), 1);
}

#[test]
fn restart_makes_a_new_daemon_in_any_state() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["restart"]).exits(0).says("started, pid ");
    let first = sandbox.daemon();
    let _ = sandbox.verb(&["restart"]).exits(0);
    let second = sandbox.daemon();
    assert_ne!(first.pid, second.pid);
    assert!(first.has_ended());
    assert_eq!(
        (sandbox.count("on_start"), sandbox.count("on_stop")),
        (2, 1)
    );
    sandbox.stop();
}

#[test]
fn restart_after_a_kill_starts() {
    let sandbox = Sandbox::scripted();
    sandbox.start().kill();
    let _ = sandbox.verb(&["restart"]).exits(0);
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
}

#[test]
fn try_restart_leaves_a_stopped_daemon_stopped() {
    for verb in ["try-restart", "condrestart"] {
        let sandbox = Sandbox::scripted();
        let _ = sandbox.verb(&[verb]).exits(0);
        let _ = sandbox.verb(&["status"]).exits(3);
        let first = sandbox.start();
        let _ = sandbox.verb(&[verb]).exits(0);
        assert_ne!(sandbox.daemon().pid, first.pid);
        sandbox.stop();
        let _ = sandbox.verb(&[verb]).exits(0);
        let _ = sandbox.verb(&["status"]).exits(3);
    }
}

#[test]
fn restart_reports_which_half_failed() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.start();
    sandbox.script("on_start fail no database");
    let failed = sandbox.verb(&["restart"]).exits(1);
    let _ = failed
        .complains("stopped, but not started again")
        .complains("no database");
    sandbox.assert_nothing_left();
    let failed = sandbox
        .verb(&["restart"])
        .exits(1)
        .complains("not started: `on_start` failed");
    assert!(!failed.stderr.contains("stopped, but"), "{failed:?}");
    sandbox.script("on_stop hang");
    let daemon = sandbox.start();
    let failed = sandbox
        .verb(&["restart", "--no-kill", "--stop-timeout", "1"])
        .exits(1);
    let _ = failed.complains("not stopped").complains("still runs");
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    daemon.kill();
}

#[test]
fn restart_that_could_not_start_stops_nothing() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for wrong in [
        ["--working-dir", "/nowhere"],
        ["--log-file", "/nowhere/scripted.log"],
        ["--chroot", "/nowhere"],
        ["--rlimits", "nofile=18446744073709551614"],
    ] {
        for verb in ["restart", "try-restart"] {
            let refused = sandbox.verb(&[&[verb][..], &wrong].concat());
            assert_ne!(refused.status.code(), Some(0), "{refused:?}");
            let _ = refused.complains("not restarted, the old daemon keeps running");
            assert_eq!(sandbox.daemon().pid, daemon.pid, "{wrong:?}");
        }
    }
    sandbox.stop();
    let refused = sandbox
        .verb(&["restart", "--working-dir", "/nowhere"])
        .exits(6);
    let _ = refused.complains("not started: `working_dir`: the directory /nowhere does not exist");
}

#[test]
fn restart_on_the_same_port_never_fails() {
    let sandbox = Sandbox::scripted();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    sandbox.script(&format!(
        "on_start listen {}",
        free.local_addr().unwrap().port()
    ));
    drop(free);
    let _ = sandbox.start();
    for _ in 0..10 {
        let _ = sandbox.verb(&["restart"]).exits(0);
    }
    sandbox.stop();
}

#[test]
fn twenty_verbs_at_once_leave_at_most_one_daemon() {
    let sandbox = Sandbox::scripted();
    let kinds = ["start", "stop", "restart", "status", "try-restart"];
    let verbs: Vec<_> = (0..20)
        .map(|n| sandbox.begin(&[kinds[n % kinds.len()]]))
        .collect();
    for verb in verbs {
        let ended = verb.finish();
        let status = ended.line.contains("\"status\"");
        assert!(
            ended.code() == 0 || (status && [1, 3].contains(&ended.code())),
            "{ended:#?}"
        );
    }
    let left = sandbox.processes();
    assert!(left.len() <= 1, "{left:?}");
    let status = sandbox.verb(&["status"]);
    let _ = status.exits(if left.is_empty() { 3 } else { 0 });
    if let [daemon] = left.as_slice() {
        assert_eq!(sandbox.daemon().pid, daemon.pid);
        sandbox.stop();
    }
}

#[test]
fn verb_waiting_for_another_names_it() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let _ = sandbox.start();
    let slow = sandbox.begin(&["stop", "--stop-timeout", "3s"]);
    sandbox.wait_for_log("on_stop");
    let second = sandbox.verb(&[
        "stop",
        "--stop-timeout",
        "100ms",
        "--start-timeout",
        "100ms",
    ]);
    let second = second.exits(1);
    let pid = slow.process().pid;
    let _ = second
        .complains(&format!("pid {pid}"))
        .complains("stop")
        .complains("is still running");
    let _ = slow.finish().exits(0).says("killed");
}

/// The verb `run` is at work until the daemon is ready, and it is the daemon.
#[test]
fn run_that_never_gets_ready_is_stopped() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start hang");
    let running = sandbox.begin(&["run"]);
    sandbox.wait_for_log("on_start");
    let _ = sandbox.verb(&["status"]).exits(0).says("starting");
    let stop = sandbox.verb(&["stop", "--stop-timeout", "1s"]).exits(0);
    let _ = stop.says("killed after 1s");
    assert_eq!(running.finish().code(), 128 + 9);
    sandbox.assert_nothing_left();
}

/// From then on the restart is at work like any other.
#[test]
fn restart_of_an_unready_run_keeps_others_waiting() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start hang");
    // Its parent ends, so that it has no supervisor.
    let _ = sandbox
        .shell("\"$D\" run >/dev/null 2>&1 & until [ -s scripted.log ]; do sleep 0.01; done")
        .exits(0);
    sandbox.wait_for_log("on_start");
    let running = sandbox.daemon();
    let release = sandbox.path("release");
    sandbox.script(&format!("on_start await {}", release.display()));
    let restart = sandbox.begin(&["restart", "--stop-timeout", "1s"]);
    running.wait_for_end();
    sandbox.wait_for_logs("on_start", 2);
    let limits = ["--stop-timeout", "100ms", "--start-timeout", "100ms"];
    let pid = format!("pid {}", restart.process().pid);
    for verb in ["stop", "start"] {
        let refused = sandbox.verb(&[&[verb][..], &limits].concat()).exits(1);
        let _ = refused.complains(&pid).complains("is still running");
    }
    fs::write(release, "").unwrap();
    let _ = restart.finish().exits(0).says("started, pid ");
    let _ = sandbox.verb(&["start"]).exits(0).says("already running");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn second_term_ends_a_stuck_daemon_at_once() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_stop hang");
    let mut command = sandbox.command(&["run"]);
    command.env("SCRIPTED_STOP_TIMEOUT", "60s");
    let running = tests::support::Running::begin(command);
    let daemon = running.process();
    sandbox.wait_for_log("run ");
    // Two at once are one: timeout(1) and terminals send them so.
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::TERM);
    sandbox.wait_for_log("on_stop");
    std::thread::sleep(Duration::from_millis(1100)); // Tests the time between.
    assert!(!daemon.has_ended());
    daemon.signal(Signal::TERM);
    let ended = running.finish();
    assert_eq!(ended.code(), 128 + 15);
    let _ = sandbox.verb(&["status"]).exits(1);
    let _ = sandbox.verb(&["stop"]).exits(0);
}

#[test]
fn drop_is_part_of_the_stop() {
    let sandbox = Sandbox::scripted();
    sandbox.script("drop block 200\ndrop log dropped\ndrop touch /proc/self/nothing");
    let daemon: Process = sandbox.start();
    sandbox.stop();
    assert!(daemon.has_ended());
    assert_eq!(
        sandbox.count("dropped"),
        1,
        "the value is dropped before the lock is free"
    );
}

#[test]
fn stop_of_a_loop_waits_for_the_guards_of_threads() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start guard 700");
    let _ = sandbox.start();
    sandbox.stop();
    let messages = sandbox.messages();
    let place = |text: &str| messages.iter().position(|m| m.contains(text)).unwrap();
    assert!(place("stopping") < place("the guard goes"));
    assert!(place("the guard goes") < place("drained in"));
    assert!(place("drained in") < place("on_stop"));
    sandbox.script("on_start guard 60000");
    let _ = sandbox.verb(&["start", "--drain", "200ms"]).exits(0);
    sandbox.stop();
    assert_eq!(sandbox.count("1 guard is left"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn second_signal_skips_the_guards_of_a_loop() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start guard 60000");
    let daemon = sandbox.start();
    daemon.signal(Signal::TERM);
    sandbox.wait_for_log("stopping");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1100) {
        assert_eq!(sandbox.count("on_stop"), 0);
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert!(begin.elapsed() < Duration::from_secs(9));
    assert_eq!(sandbox.count("on_stop"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn unit_gives_a_stop_the_time_of_which_draining_is_a_part() {
    let sandbox = Sandbox::scripted();
    let lines = |options: &[&str]| {
        let words = [&["unit", "systemd"], options].concat();
        sandbox.verb(&words).exits(0).stdout
    };
    assert!(lines(&[]).contains("\nTimeoutStopSec=20s\n"));
    let unit = lines(&["--drain", "40s", "--stop-timeout", "1m"]);
    assert!(unit.contains("\nTimeoutStopSec=60s\n"), "{unit}");
    let start = unit.lines().find(|line| line.starts_with("ExecStart="));
    let start = start.unwrap();
    assert!(start.contains(" --drain=40s"), "{start}");
    assert!(start.contains(" --stop-timeout=1m"), "{start}");
}
