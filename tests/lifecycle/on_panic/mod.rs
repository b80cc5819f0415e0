//! `on_panic = "restart"`: another value in the same process.

mod manager;

use std::fs;

use tests::require_programs;
use tests::support::{Process, Running, Sandbox, Terminal, eventually};

/// A daemon that has panicked for the first time, and waits before it begins again.
#[track_caller]
fn panicked(sandbox: &Sandbox, script: &str) -> Process {
    sandbox.script(script);
    let daemon = sandbox.start();
    match script.split(' ').next().unwrap() {
        "on_usr1" => drop(sandbox.verb(&["signal", "USR1"]).exits(0)),
        "on_reload" => {
            let told = sandbox.verb(&["reload"]).exits(1);
            let _ = told.complains("not reloaded, the daemon starts again: `on_reload` panicked");
        }
        _ => {}
    }
    sandbox.wait_for_log("panicked: the disk is on fire");
    daemon
}

/// Ends the pause, as any signal does.
#[track_caller]
fn hurry(sandbox: &Sandbox) {
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
}

#[track_caller]
fn assert_counts(sandbox: &Sandbox, counts: &[(&str, usize)]) {
    for (what, count) in counts {
        let what = format!("{what} on thread");
        assert_eq!(sandbox.count(&what), *count, "{what}: {}", sandbox.log());
    }
}

/// By the last phase in the state page: a start waits for a daemon that stops, and takes one that
/// starts for running.
#[track_caller]
fn assert_ended_as_stopping(sandbox: &Sandbox) {
    let page = fs::read(sandbox.lock_file()).unwrap();
    assert_eq!(page[16..24], 4_u64.to_le_bytes());
}

#[test]
fn work_of_threads_is_waited_for_after_a_panic() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let script = "on_usr1 panic the disk is on fire\non_start guard 500\non_start notice";
    let _ = panicked(&sandbox, script);
    sandbox.wait_for_log("restarting in");
    let messages = sandbox.messages();
    let place = |text: &str| messages.iter().position(|m| m.contains(text)).unwrap();
    let order = ["the span is over", "the guard goes", "on_stop on thread"];
    assert!(order.map(place).is_sorted(), "{messages:?}");
    sandbox.stop();
}

#[test]
fn panic_in_any_method_restarts_the_value() {
    for hook in ["run", "tick", "on_usr1", "on_reload", "on_child"] {
        let sandbox = Sandbox::of("restarts_on_panic");
        let script = match hook {
            "on_child" => "run spawn true\non_child panic the disk is on fire".to_owned(),
            hook => format!("{hook} panic the disk is on fire"),
        };
        let daemon = panicked(&sandbox, &script);
        // A new script has the next value live.
        sandbox.script("");
        sandbox.wait_for_log("restarting in");
        hurry(&sandbox);
        // A signal or a timer also wakes the first value's `run`.
        sandbox.wait_for_logs("on_start on thread", 2);
        assert_eq!(sandbox.daemon().pid, daemon.pid, "{hook}");
        assert_counts(
            &sandbox,
            &[("new", 2), ("on_start", 2), ("on_stop", 1), ("drop", 1)],
        );
        assert_eq!(sandbox.count("panicked: the disk is on fire"), 1);
        // With line tables only, a frame has the function's name without its module.
        assert!(
            sandbox
                .log()
                .lines()
                .any(|line| line.ends_with("script::perform") || line.ends_with(": perform")),
            "a backtrace: {}",
            sandbox.log()
        );
        let _ = sandbox.verb(&["reload"]).exits(0);
        sandbox.stop();
        assert_counts(
            &sandbox,
            &[("new", 2), ("on_start", 2), ("on_stop", 2), ("drop", 2)],
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn status_shows_restarts_and_the_last_panic() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let daemon = panicked(&sandbox, "run panic the disk is on fire");
    let _ = sandbox
        .verb(&["start"])
        .exits(0)
        .says(&format!("already running, pid {}", daemon.pid));
    sandbox.wait_for_log("restarting in");
    sandbox.script("");
    hurry(&sandbox);
    sandbox.wait_for_logs("run on thread", 2);
    let told = sandbox.verb(&["status"]).exits(0).says("running, pid");
    let line = told
        .stdout
        .lines()
        .find(|line| line.contains("the last panic"))
        .unwrap();
    assert!(
        line.contains("1 so far") && line.contains("`run` panicked at "),
        "{line}"
    );
    assert!(
        line.ends_with(": the disk is on fire") && line.contains("script.rs:"),
        "{line}"
    );
    let told = sandbox.verb(&["status", "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(json["restarts"], 1);
    assert_eq!(json["status"], "", "nothing of the pause is left");
    assert!(
        json["panic"].as_str().unwrap().contains("script.rs:"),
        "{json}"
    );
    assert!(json["panicked_at"].as_u64().unwrap() >= json["started_at"].as_u64().unwrap());
    sandbox.stop();
}

/// By itself, after the pause; and its timers tick again.
#[test]
fn pause_ends_by_itself_and_timers_restart() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let _ = panicked(&sandbox, "tick panic the disk is on fire");
    sandbox.script("");
    sandbox.wait_for_logs("on_start", 2);
    let ticks = sandbox.count("tick on thread");
    sandbox.wait_for_logs("tick on thread", ticks + 3);
    sandbox.stop();
}

/// Pauses of 1 to 32 seconds are cut short by signals, the one of a minute by the stop; each of the
/// last two is longer than a test waits.
#[test]
fn stop_in_the_pause_exits_0() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let log = sandbox.log_file();
    let mut command = sandbox.command(&["run"]);
    command.env("RESTARTS_ON_PANIC_LOG_FILE", &log);
    sandbox.script("run panic the disk is on fire");
    let running = Running::begin(command);
    for count in 1..7 {
        sandbox.wait_for_logs("restarting in", count);
        hurry(&sandbox);
    }
    sandbox.wait_for_log("restarting in 60s");
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says("panicked; restarting in 60s");
    sandbox.stop();
    let _ = running.finish().exits(0);
    assert_counts(&sandbox, &[("new", 7), ("on_stop", 7), ("drop", 7)]);
    assert_eq!(sandbox.count("SIGTERM from pid"), 1, "{}", sandbox.log());
    sandbox.assert_nothing_left();
}

#[test]
fn reload_in_the_pause_is_answered_by_the_next_value() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let _ = panicked(&sandbox, "run panic the disk is on fire");
    sandbox.wait_for_log("restarting in");
    sandbox.script("");
    let _ = sandbox.verb(&["reload"]).exits(0).says("reloaded");
    assert_counts(&sandbox, &[("new", 2), ("on_reload", 1)]);
    sandbox.stop();
}

/// A panic is tried again, an error is an answer.
#[test]
fn next_value_restarts_on_panic_and_ends_on_error() {
    for (hook, dropped) in [("new", 1), ("on_start", 2)] {
        let sandbox = Sandbox::of("restarts_on_panic");
        sandbox.script("run panic the disk is on fire");
        let running = sandbox.begin(&["run"]);
        sandbox.wait_for_logs("restarting in", 1);
        sandbox.script(&format!("{hook} panic no disk at all"));
        hurry(&sandbox);
        sandbox.wait_for_log("panicked: no disk at all");
        // The signal still waits for a value that takes it, and ends no second pause.
        sandbox.wait_for_log("restarting in 2s");
        assert_counts(&sandbox, &[("new", 2), ("drop", dropped)]);
        let _ = sandbox.verb(&["status"]).exits(0).says("no disk at all");
        sandbox.script(&format!("{hook} fail no database"));
        let _ = running.finish().exits(1);
        assert_eq!(sandbox.count(&format!("`{hook}` failed: no database")), 1);
        assert_counts(&sandbox, &[("on_stop", 1)]);
        assert_ended_as_stopping(&sandbox);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_the_first_start_fails_it() {
    for hook in ["new", "on_start"] {
        let sandbox = Sandbox::of("restarts_on_panic");
        sandbox.script(&format!("{hook} panic the disk is on fire"));
        let _ = sandbox
            .verb(&["start"])
            .exits(1)
            .complains("panicked: the disk is on fire");
        sandbox.assert_nothing_left();
    }
}

#[test]
fn error_ends_the_daemon_without_restart() {
    let sandbox = Sandbox::of("restarts_on_panic");
    sandbox.script("run fail no database");
    let _ = sandbox.begin(&["run"]).finish().exits(1);
    assert_counts(&sandbox, &[("new", 1), ("on_stop", 1)]);
}

#[test]
fn panics_of_stop_and_drop_are_logged_and_restarted() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let _ = panicked(
        &sandbox,
        "run panic the disk is on fire\non_stop panic so is the house\ndrop panic and the street",
    );
    sandbox.wait_for_log("panicked: and the street");
    sandbox.wait_for_log("restarting in");
    assert_eq!(sandbox.count("panicked: so is the house"), 1);
    sandbox.script("");
    hurry(&sandbox);
    sandbox.wait_for_logs("run on thread", 2);
    sandbox.stop();
}

/// The children of the value that panicked get SIGTERM; the next one hears nothing of them.
#[test]
fn children_of_a_panicked_value_are_ended() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let child = "trap 'touch termed; exit' TERM; touch trapped; while :; do sleep 0.01; done";
    sandbox.script(&format!(
        "run spawn cd {}; {child}\nrun await {}\nrun panic the disk is on fire",
        sandbox.directory().display(),
        sandbox.path("trapped").display(),
    ));
    let daemon = sandbox.start();
    sandbox.wait_for_log("restarting in 1s");
    assert!(sandbox.path("termed").exists());
    assert_eq!(daemon.children().len(), 0);
    sandbox.script("");
    hurry(&sandbox);
    sandbox.wait_for_logs("run on thread", 2);
    assert_counts(&sandbox, &[("on_child", 0)]);
    sandbox.stop();
}

/// With `children = "reap"` any child's end is for the next value, and keeps no processor busy
/// before.
#[test]
fn child_ending_in_the_pause_is_left_to_the_next_value() {
    let sandbox = Sandbox::of("reaps_all");
    sandbox.script("run child sleep 0.2\nrun panic the disk is on fire");
    let _ = sandbox.verb(&["start", "--on-panic", "restart"]).exits(0);
    let daemon = sandbox.daemon();
    sandbox.wait_for_log("restarting in 4s");
    let mut calm = 0;
    eventually("its child is a zombie, and it sleeps", || {
        let children = daemon.children();
        let is_calm = daemon.state() == 'S' && children.iter().any(|child| child.state() == 'Z');
        calm = if is_calm { calm + 1 } else { 0 };
        calm == 10
    });
    sandbox.script("");
    let _ = sandbox.verb(&["reload"]).exits(0);
    eventually("the next value hears of it", || {
        daemon.children().is_empty()
    });
    sandbox.stop();
}

/// Also when no value can be built that would hear of it.
#[test]
fn hangup_in_the_pause_stops_the_daemon() {
    require_programs!("setsid");
    let sandbox = Sandbox::of("restarts_on_panic");
    sandbox.script("run panic the disk is on fire");
    let log = sandbox.log_file();
    let mut command = sandbox.command(&["run"]);
    command.env("RESTARTS_ON_PANIC_LOG_FILE", &log);
    let terminal = Terminal::run(&command);
    sandbox.wait_for_log("restarting in");
    sandbox.script("new panic no disk at all");
    let daemon = sandbox.daemon();
    let mut leader = terminal.hang_up();
    daemon.wait_for_end();
    sandbox.wait_for_log("lost the terminal: stopping");
    let _ = leader.wait();
    sandbox.assert_nothing_left();
}

/// Of a value that panics when it is dropped, `std::panic::panic_any`.
#[test]
fn panic_payload_that_panics_is_one_panic() {
    let sandbox = Sandbox::of("restarts_on_panic");
    sandbox.script("run panic_twice");
    let daemon = sandbox.start();
    sandbox.wait_for_log("restarting in");
    sandbox.script("");
    hurry(&sandbox);
    sandbox.wait_for_logs("run on thread", 2);
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    assert_eq!(sandbox.count("the bomb went off"), 0);
    sandbox.stop();
}

#[test]
fn on_panic_is_set_by_option_and_variable() {
    let sandbox = Sandbox::of("restarts_on_panic");
    sandbox.script("run panic the disk is on fire");
    let _ = sandbox
        .begin(&["run", "--on-panic", "exit"])
        .finish()
        .exits(101);
    let mut command = sandbox.command(&["run"]);
    command.env("RESTARTS_ON_PANIC_ON_PANIC", "exit");
    let _ = Running::begin(command).finish().exits(101);
    let wrong = sandbox.verb(&["run", "--on-panic", "never"]).exits(2);
    let _ = wrong.complains("--on-panic: `never` is neither `exit` nor `restart`");
    eventually("nothing is left", || sandbox.processes().is_empty());
}
