//! A stop: told, drained, dropped, `on_stop`, the value dropped, the runtime shut down.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

/// The messages after the signal that stops the daemon, without their times.
fn stages(sandbox: &Sandbox) -> Vec<String> {
    let messages = sandbox.messages();
    let begin = messages.iter().position(|m| m.ends_with(": stopping"));
    let stages = messages.iter().skip(begin.expect("a stop") + 1);
    stages
        .map(|m| m.split(" in ").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn stages_of_a_stop_are_in_order() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\nrun nap 20");
    let _ = sandbox.start();
    sandbox.wait_for_log("run begins");
    sandbox.stop();
    assert_eq!(
        stages(&sandbox),
        [
            "run ends",
            "drained",
            "on_stop begins",
            "on_stop ends",
            "called `on_stop`",
            "the value is dropped",
            "dropped the value",
            "ended the runtime",
        ]
    );
    sandbox.assert_nothing_left();
}

#[test]
fn run_that_does_not_end_is_dropped_after_drain() {
    for name in ["awaits", "awaits_smol", "awaits_here"] {
        let sandbox = Sandbox::of(name);
        sandbox.script("run forever");
        let _ = sandbox.verb(&["start", "--drain", "300ms"]).exits(0);
        sandbox.wait_for_log("run begins");
        let stop = sandbox.verb(&["stop"]).exits(0).says("stopped");
        assert!(stop.took >= Duration::from_millis(300));
        sandbox.wait_for_log("dropped `run`");
        assert_eq!(
            (
                sandbox.count("run is dropped"),
                sandbox.count("on_stop ends")
            ),
            (1, 1)
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn stop_while_run_sleeps_for_long_takes_drain_at_most() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run nap 30000");
    let _ = sandbox.verb(&["start", "--drain", "0s"]).exits(0);
    sandbox.wait_for_log("run begins");
    let stop = sandbox.verb(&["stop"]).exits(0).says("stopped");
    assert!(stop.took < Duration::from_secs(10));
    assert_eq!(sandbox.count("on_stop ends"), 1);
}

#[test]
fn second_signal_skips_the_draining() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run forever");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    let begin = Instant::now();
    daemon.signal(Signal::TERM);
    // Two signals within a second are one request, as of timeout(1).
    daemon.signal(Signal::TERM);
    sandbox.wait_for_log("stopping");
    while begin.elapsed() < Duration::from_millis(1100) {
        assert_eq!(sandbox.count("is dropped"), 0);
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert!(begin.elapsed() < Duration::from_secs(9));
    assert_eq!(
        (
            sandbox.count("run is dropped"),
            sandbox.count("on_stop ends")
        ),
        (1, 1)
    );
    sandbox.assert_nothing_left();
}

#[test]
fn third_signal_ends_the_process() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run forever\non_stop forever");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    for count in 1..=3 {
        daemon.signal(Signal::TERM);
        if count < 3 {
            std::thread::sleep(Duration::from_millis(1100));
        }
    }
    daemon.wait_for_end();
    assert_eq!(sandbox.count("on_stop begins"), 1);
    let _ = sandbox.verb(&["stop"]).exits(0);
}

#[test]
fn guards_are_waited_for() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start guard 700\nrun until_stop");
    let _ = sandbox.start();
    sandbox.wait_for_log("run begins");
    sandbox.stop();
    let stages = stages(&sandbox);
    assert_eq!(stages[..3], ["run ends", "the guard goes", "drained"]);
    sandbox.assert_nothing_left();
}

#[test]
fn guard_that_stays_is_left_after_drain() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start guard 60000");
    let _ = sandbox.verb(&["start", "--drain", "200ms"]).exits(0);
    sandbox.stop();
    sandbox.wait_for_log("1 guard is left");
    sandbox.assert_nothing_left();
}

#[test]
fn stuck_blocking_task_delays_the_exit_within_the_limit() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task block 60000\nrun until_stop");
    let arguments = ["run", "--stop-timeout", "2s"];
    let running = sandbox.begin(&arguments);
    sandbox.wait_for_log("run begins");
    let daemon = sandbox.daemon();
    let begin = Instant::now();
    daemon.signal(Signal::TERM);
    let _ = running.finish().exits(0);
    let took = begin.elapsed();
    // Its deadline is a second after the limit.
    assert!(
        took >= Duration::from_millis(1500) && took < Duration::from_millis(2900),
        "{took:?}"
    );
    sandbox.wait_for_log("without a task that blocks");
    sandbox.assert_nothing_left();
}

#[test]
fn stop_does_not_kill_a_daemon_with_a_stuck_blocking_task() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task block 60000\nrun until_stop");
    let _ = sandbox.verb(&["start", "--stop-timeout", "1s"]).exits(0);
    let stop = sandbox.verb(&["stop"]).exits(0);
    assert!(!stop.stdout.contains("killed"), "{}", stop.stdout);
    sandbox.assert_nothing_left();
}

#[test]
fn stop_within_on_start_is_taken_after_it() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start stop\non_start until_stop\nrun log never");
    let _ = sandbox.verb(&["start"]).exits(0);
    eventually("it is gone", || sandbox.daemon_is_gone().is_ok());
    assert_eq!(
        (sandbox.count("never"), sandbox.count("on_stop ends")),
        (0, 1)
    );
}

#[test]
fn on_start_that_ignores_a_stop_is_dropped() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start forever");
    let start = sandbox.begin(&["start", "--drain", "200ms"]);
    let daemon = sandbox.wait_for_daemon();
    sandbox.wait_for_log("on_start begins");
    daemon.signal(Signal::TERM);
    let _ = start.finish().exits(1).complains("`on_start` failed");
    daemon.wait_for_end();
    assert_eq!(sandbox.count("on_start is dropped"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn children_end_with_the_daemon() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start spawn exec sleep 600\nrun until_stop");
    let _ = sandbox.start();
    let messages = sandbox.messages();
    let spawned = messages.iter().find_map(|m| m.strip_prefix("spawned "));
    let child = Process::of(spawned.unwrap().parse().unwrap());
    sandbox.stop();
    assert!(child.has_ended());
}

#[test]
fn exit_code_is_that_of_stop_with() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run nap 50\nrun stop_with 42\nrun until_stop");
    let _ = sandbox.begin(&["run"]).finish().exits(42);
    sandbox.assert_nothing_left();
}

#[test]
fn draining_leaves_time_for_on_stop_in_a_short_stop() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start guard 60000\non_stop nap 700");
    let _ = sandbox.start();
    let stop = sandbox.verb(&["stop", "--stop-timeout", "2s"]).exits(0);
    assert!(!stop.stdout.contains("killed"), "{}", stop.stdout);
    assert_eq!(sandbox.count("on_stop ends"), 1, "{}", sandbox.log());
    sandbox.assert_nothing_left();
}

#[test]
fn stop_during_a_restart_in_place_starts_nothing_again() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start guard 1000\nrun until_stop");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    daemon.signal(Signal::HUP);
    sandbox.wait_for_log("run ends");
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    let counts = [
        sandbox.count("on_start ends"),
        sandbox.count("on_stop ends"),
    ];
    assert_eq!(counts, [1, 1], "{}", sandbox.log());
    sandbox.assert_nothing_left();
}
