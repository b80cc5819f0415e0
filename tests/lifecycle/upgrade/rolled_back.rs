//! A new program that fails before it is ready: the old one runs again, in the same process.

use tests::support::{Sandbox, eventually};

/// Asserts that an upgrade with `script` comes back with `text`, and that a good one follows.
#[track_caller]
fn comes_back(script: &str, text: &str) {
    let sandbox = Sandbox::upgradable();
    let _ = sandbox.verb(&["start", "--start-timeout", "2s"]).exits(0);
    // It has left its caller by then.
    sandbox.wait_for_log("run on thread");
    let daemon = sandbox.daemon();
    let descriptors = daemon.descriptors().len();
    sandbox.install("scripted_next");
    sandbox.script(script);
    let failed = sandbox.verb(&["upgrade"]).exits(1);
    let _ = failed
        .complains("not upgraded, the old program runs")
        .complains(text);
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    // The old program has made another value.
    assert_eq!(sandbox.count("came back after an upgrade"), 1);
    assert_eq!(daemon.title(), "scripted");
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    eventually("the descriptors are those of before", || {
        daemon.descriptors().len() == descriptors
    });
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says(&format!("running, pid {}", daemon.pid));
    sandbox.script("");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    assert_eq!(daemon.title(), "the next one");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn new_that_fails_brings_the_old_program_back() {
    comes_back("next_new fail no disk", "`new` failed: no disk");
}

#[test]
fn new_that_panics_brings_the_old_program_back() {
    comes_back("next_new panic no disk", "no disk");
}

#[test]
fn on_start_that_fails_brings_the_old_program_back() {
    comes_back("next_start fail no disk", "`on_start` failed: no disk");
}

#[test]
fn on_start_that_aborts_brings_the_old_program_back() {
    comes_back("next_start abort", "SIGABRT");
}

#[test]
fn on_start_that_crashes_brings_the_old_program_back() {
    comes_back("next_start raise 11", "SIGSEGV");
}

#[test]
fn on_start_that_hangs_brings_the_old_program_back() {
    comes_back("next_start hang", "not ready in time");
}

#[test]
fn verb_names_both_reasons_if_the_old_program_fails_as_well() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.install("scripted_next");
    sandbox.script("new fail no net");
    let failed = sandbox.verb(&["upgrade"]).exits(1);
    let _ = failed.complains(
        "not upgraded, the daemon ends: `new` failed: no net; and the old program has failed",
    );
    daemon.wait_for_end();
    assert_eq!(sandbox.count("came back after an upgrade"), 1);
    sandbox.script("");
    sandbox.assert_nothing_left();
}
