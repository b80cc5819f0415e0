//! Signals during an upgrade.

use rustix::process::Signal;
use tests::support::{Sandbox, eventually};

/// Begins an upgrade of a daemon whose `on_stop` waits for a file, and returns when it waits.
fn begin(sandbox: &Sandbox) -> tests::support::Running {
    let file = sandbox.path("go");
    sandbox.script(&format!("on_stop await {}", file.display()));
    let _ = sandbox.verb(&["start"]).exits(0);
    sandbox.install("scripted_next");
    let verb = sandbox.begin(&["upgrade"]);
    sandbox.wait_for_log("on_stop");
    verb
}

fn go_on(sandbox: &Sandbox) {
    std::fs::write(sandbox.path("go"), "").unwrap();
}

#[test]
fn stop_signal_goes_before_an_upgrade() {
    let sandbox = Sandbox::upgradable();
    let verb = begin(&sandbox);
    let daemon = sandbox.daemon();
    daemon.signal(Signal::TERM);
    go_on(&sandbox);
    let _ = verb.finish().exits(1).complains("the daemon stops");
    daemon.wait_for_end();
    assert_eq!(sandbox.count("the next program"), 0);
    // The value was dropped already.
    assert_eq!((sandbox.count("on_stop"), sandbox.count("drop")), (1, 1));
    eventually("the pid file is gone", || !sandbox.pid_file().exists());
    sandbox.assert_nothing_left();
}

#[test]
fn signals_for_the_old_program_reach_the_new_one() {
    let sandbox = Sandbox::upgradable();
    let verb = begin(&sandbox);
    let daemon = sandbox.daemon();
    daemon.signal(Signal::USR1);
    go_on(&sandbox);
    let _ = verb.finish().exits(0);
    sandbox.wait_for_log("the next program got SIGUSR1");
    // A signal that only the old program handles does not end the new one.
    daemon.signal(Signal::HUP);
    sandbox.wait_for_log("SIGHUP");
    sandbox.stop();
}

#[test]
fn status_of_an_upgrade_says_so() {
    let sandbox = Sandbox::upgradable();
    let verb = begin(&sandbox);
    let _ = sandbox.verb(&["status"]).exits(0).says("upgrading, pid");
    let _ = sandbox
        .verb(&[
            "start",
            "--stop-timeout",
            "300ms",
            "--start-timeout",
            "300ms",
        ])
        .exits(1);
    go_on(&sandbox);
    let _ = verb.finish().exits(0);
    let _ = sandbox.verb(&["status"]).exits(0).says("running, pid");
    let _ = sandbox.verb(&["start"]).exits(0).says("already running");
    sandbox.stop();
}
