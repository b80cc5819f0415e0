//! Runtimes that panic, drop the life, or go with their process.

use rustix::process::Signal;
use tests::support::{Running, Sandbox, eventually};

/// Runs a verb of `sandbox` whose runtime panics at a `time`.
fn panicking(sandbox: &Sandbox, verb: &str, time: &str) -> Running {
    let mut command = sandbox.command(&[verb]);
    command.env(sandbox.variable("PANICS"), time);
    Running::begin(command)
}

#[test]
fn panic_of_the_builder_of_a_runtime_fails_the_start() {
    for name in ["surrounded", "awaits"] {
        let sandbox = Sandbox::of(name);
        let start = panicking(&sandbox, "start", "before").finish().exits(1);
        let _ = start.complains("`runtime` panicked: no luck");
        sandbox.assert_nothing_left();
        let _ = panicking(&sandbox, "run", "before").finish().exits(101);
        assert_eq!(sandbox.count("`runtime` panicked: no luck"), 1);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_the_end_of_a_runtime_is_told() {
    for name in ["surrounded", "awaits"] {
        let sandbox = Sandbox::of(name);
        sandbox.script("run until_stop");
        let running = panicking(&sandbox, "run", "after");
        let daemon = sandbox.wait_for_daemon();
        eventually("it runs", || sandbox.verb(&["status"]).code() == 0);
        daemon.signal(Signal::TERM);
        let _ = running.finish().exits(101);
        assert_eq!(sandbox.count("panicked: no luck"), 1, "{}", sandbox.log());
        assert_eq!(sandbox.count("on_stop ends"), 1);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_a_runtime_that_has_dropped_the_life_is_told() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run forever");
    let mut command = sandbox.command(&["run"]);
    command.env(sandbox.variable("PANICS"), "during");
    command.env("AWAITS_LIFE_MS", "300");
    let _ = Running::begin(command).finish().exits(101);
    assert_eq!(sandbox.count("panicked: no luck"), 1, "{}", sandbox.log());
    assert_eq!(sandbox.count("the life of the daemon: it panicked"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn surround_that_returns_without_the_life_fails_the_start() {
    let sandbox = Sandbox::of("surrounded");
    let start = panicking(&sandbox, "start", "never").finish().exits(1);
    let _ = start.complains("`runtime` failed: it returned without the life of the daemon");
    sandbox.assert_nothing_left();
}

#[test]
fn copy_that_the_builder_of_a_runtime_forks_leaves_the_daemon_alone() {
    for end in ["fail no luck", "panic no luck"] {
        let sandbox = Sandbox::of("surrounded");
        let mark = sandbox.path("mark");
        sandbox.script(&format!("surround copy fork {} {end}", mark.display()));
        let daemon = sandbox.start();
        sandbox.wait_for_log("no luck");
        let _ = sandbox.verb(&["status"]).exits(0);
        assert_eq!(sandbox.daemon().pid, daemon.pid);
        sandbox.stop();
        sandbox.assert_nothing_left();
    }
}

#[test]
fn pid_file_of_a_process_that_ends_in_a_hook_stops_no_start() {
    for (name, script) in [
        ("awaits", "run nap 50\nrun exit 7"),
        ("awaits", "task exit 7\nrun until_stop"),
        ("awaits_here", "run nap 50\nrun exit 7"),
        ("awaits_smol", "run nap 50\nrun exit 7"),
    ] {
        let sandbox = Sandbox::of(name);
        sandbox.script(script);
        let _ = sandbox.begin(&["run"]).finish().exits(7);
        let _ = sandbox.verb(&["status"]).exits(1).says("dead");
        starts_again(&sandbox);
    }
}

fn starts_again(sandbox: &Sandbox) {
    sandbox.script("run until_stop");
    let _ = sandbox.start();
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Tokio panics at the next wait, and the process aborts when a descriptor is closed once more.
#[test]
fn closed_descriptors_of_tokio_stop_no_start() {
    let sandbox = Sandbox::of("awaits_here");
    sandbox.script("run nap 50\nrun close\nrun until_stop");
    let ended = sandbox.begin(&["run"]).finish();
    assert_ne!(ended.status.code(), Some(0), "{ended:#?}");
    let status = sandbox.verb(&["status"]);
    assert!([1, 3].contains(&status.code()), "{status:#?}");
    starts_again(&sandbox);
}

#[test]
fn waker_that_outlives_the_runtime_does_no_harm() {
    for (name, task) in [
        // The runtime then ends late, and the process after it.
        ("awaits", "task block 60000\n"),
        ("awaits_here", ""),
        ("awaits_smol", ""),
    ] {
        let sandbox = Sandbox::of(name);
        sandbox.script(&format!("{task}run lend_waker\nrun until_stop"));
        let running = sandbox.begin(&["run", "--stop-timeout", "2s"]);
        sandbox.wait_for_log("run begins");
        sandbox.wait_for_daemon().signal(Signal::TERM);
        let _ = running.finish().exits(0);
        assert_eq!(sandbox.count("on_stop ends"), 1, "{}", sandbox.log());
        sandbox.assert_nothing_left();
    }
}
