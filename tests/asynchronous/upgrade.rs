//! An upgrade: the hooks are drained, the runtime ends, and another program takes over the process.

use std::time::Duration;

use tests::support::{Process, Sandbox, eventually};

/// Starts a daemon that is about to run the lines of `next` in its hooks.
fn start(options: &[&str]) -> (Sandbox, Process) {
    let sandbox = Sandbox::upgradable_of("awaits");
    sandbox.script("run until_stop");
    let arguments = [&["start"], options].concat();
    let _ = sandbox.verb(&arguments).exits(0);
    sandbox.wait_for_log("run begins");
    let daemon = sandbox.daemon();
    (sandbox, daemon)
}

fn messages_since(sandbox: &Sandbox, begin: &str) -> Vec<String> {
    let messages = sandbox.messages();
    let begin = messages
        .iter()
        .position(|message| message.starts_with(begin));
    let rest = messages.iter().skip(begin.expect("the begin") + 1);
    rest.map(|message| message.split(" in ").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn upgrade_drains_the_hooks_and_ends_the_runtime() {
    let (sandbox, daemon) = start(&[]);
    let threads = daemon.field("Threads");
    for _ in 0..3 {
        let _ = sandbox.verb(&["upgrade"]).exits(0);
    }
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    let wanted = [
        "run ends",
        "drained",
        "on_stop begins",
        "on_stop ends",
        "the value is dropped",
        "ended the runtime",
        "new begins",
    ];
    let messages = messages_since(&sandbox, "upgrading to");
    assert_eq!(
        messages.get(..wanted.len()),
        Some(&wanted.map(str::to_owned)[..])
    );
    eventually("the threads are there", || {
        daemon.field("Threads") == threads
    });
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Asserts that an upgrade to a program whose hook `does` that comes back with `text`, and that a
/// good one follows.
#[track_caller]
fn comes_back(hook: &str, does: &str, text: &str) {
    let (sandbox, daemon) = start(&["--start-timeout", "2s"]);
    let descriptors = daemon.descriptors().len();
    let once = sandbox.path("once");
    let once = once.display();
    sandbox.script(&format!(
        "run until_stop\n{hook} once {once}\n{hook} {does}"
    ));
    let failed = sandbox.verb(&["upgrade"]).exits(1);
    let _ = failed.complains("not upgraded").complains(text);
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    assert_eq!(sandbox.count("came back after an upgrade"), 1);
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    eventually("the descriptors are as before", || {
        daemon.descriptors().len() == descriptors
    });
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn new_that_fails_brings_the_old_program_back() {
    comes_back("new", "fail no disk", "`new` failed: no disk");
}

#[test]
fn on_start_that_panics_brings_the_old_program_back() {
    comes_back("on_start", "panic no disk", "no disk");
}

#[test]
fn new_that_aborts_or_exits_brings_the_old_program_back() {
    comes_back("new", "abort", "crashed by SIGABRT");
    comes_back("new", "exit 0", "the new program ended");
}

#[test]
fn hook_that_awaits_for_ever_or_blocks_brings_the_old_program_back() {
    comes_back("on_start", "forever", "not ready in time");
    comes_back("on_start", "block 60000", "not ready in time");
}

/// Some wait in the queue, some for the slot of their hook.
#[test]
fn realtime_signals_stay_in_order_over_an_upgrade() {
    let (sandbox, daemon) = start(&[]);
    sandbox.script("run until_stop\nrealtime nap 5");
    let verb = sandbox.begin(&["upgrade"]);
    for value in 0..100 {
        daemon.queue(value);
    }
    let _ = verb.finish().exits(0);
    // Threads of the runtime may swap two while it lives, so the last value may come before another.
    let handled = |message: &&String| message.starts_with("value ");
    eventually("each signal is handled", || {
        sandbox.messages().iter().filter(handled).count() >= 100
    });
    let messages = sandbox.messages();
    let values = messages.iter().filter_map(|m| m.strip_prefix("value "));
    let mut values: Vec<u32> = values.map(|value| value.parse().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, (0..100).collect::<Vec<_>>());
    sandbox.stop();
}

#[test]
fn task_that_blocks_delays_an_upgrade_by_a_bounded_time() {
    let (sandbox, daemon) = start(&["--stop-timeout", "2s"]);
    sandbox.script("run until_stop\ntask block 60000");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    let upgrade = sandbox.verb(&["upgrade"]).exits(0);
    assert!(upgrade.took < Duration::from_secs(10), "{:?}", upgrade.took);
    sandbox.wait_for_log("without a task that blocks");
    assert!(!daemon.has_ended());
    sandbox.script("run until_stop");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
}

/// The program goes after it has answered, and before it is executed.
#[test]
fn daemon_goes_on_when_the_program_cannot_be_executed() {
    let (sandbox, daemon) = start(&[]);
    let threads = daemon.field("Threads");
    let exe = sandbox.exe().display().to_string();
    sandbox.script(&format!(
        "run until_stop\non_stop spawn mv {exe} {exe}.gone\non_stop nap 300"
    ));
    let mut command = sandbox.program(tests::support::daemon_path("awaits"));
    let verb = tests::support::Running::begin({
        command.arg("upgrade");
        command
    });
    let _ = verb
        .finish()
        .exits(1)
        .complains("No such file or directory");
    assert_eq!(sandbox.count("new begins"), 2);
    eventually("the threads are there", || {
        daemon.field("Threads") == threads
    });
    std::fs::rename(format!("{exe}.gone"), &exe).unwrap();
    sandbox.script("run until_stop");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}
