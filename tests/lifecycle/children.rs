//! Children: the process that reaps each, and their ends.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{Sandbox, eventually};

#[test]
fn spawned_children_are_each_reported_once() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start spawn_many 128\non_start command exit 7");
    let daemon = sandbox.start();
    sandbox.wait_for_logs("ended: exit status: 0", 128);
    assert_eq!(sandbox.count("command exit status: 7"), 1);
    assert_eq!(sandbox.count("ended: "), 128, "{}", sandbox.log());
    eventually("no zombie", || daemon.children().is_empty());
    sandbox.stop();
}

#[test]
fn thousand_commands_keep_their_own_status() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_signal spawn_many 100\non_signal command exit 3\non_signal command exit 4");
    let daemon = sandbox.start();
    for round in 1..=10 {
        daemon.signal(Signal::USR1);
        sandbox.wait_for_logs("ended: exit status: 0", 100 * round);
    }
    assert_eq!(sandbox.count("command exit status: 3"), 10);
    assert_eq!(sandbox.count("command exit status: 4"), 10);
    assert_eq!(sandbox.count("ended: "), 1000);
    eventually("no zombie", || daemon.children().is_empty());
    sandbox.stop();
}

#[test]
fn unreaped_child_hides_no_spawned_one() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start child exit 0\non_start spawn exit 5\non_start spawn kill -9 $$");
    let _ = sandbox.start();
    sandbox.wait_for_log("ended: exit status: 5");
    sandbox.wait_for_log("ended: signal: 9");
    sandbox.stop();
}

#[test]
fn stop_sends_children_term_then_kill() {
    let sandbox = Sandbox::scripted();
    let polite = "trap 'echo done > polite; exit' TERM; while :; do sleep 0.1; done";
    let deaf = "trap '' TERM; while :; do sleep 0.1; done";
    sandbox.script(&format!(
        "on_start spawn cd {}; {polite}\non_start spawn {deaf}",
        sandbox.directory().display()
    ));
    let _ = sandbox.verb(&["start", "--stop-timeout", "1s"]).exits(0);
    let daemon = sandbox.daemon();
    eventually("both children run", || daemon.children().len() == 2);
    // The traps are set when the loops have begun.
    eventually("their loops too", || sandbox.processes().len() >= 5);
    let children = daemon.children();
    // This time-out also holds for `stop`, which must not be the first to kill.
    let ended = sandbox.verb(&["stop"]).exits(0).says("stopped");
    children
        .iter()
        .for_each(tests::support::Process::wait_for_end);
    assert_eq!(
        fs::read_to_string(sandbox.path("polite")).unwrap(),
        "done\n",
        "{ended:?}"
    );
    eventually("nothing is left", || sandbox.processes().is_empty());
}

#[test]
fn stop_with_a_shorter_timeout_leaves_no_child() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start spawn trap '' TERM; while :; do sleep 0.1; done");
    for asked_before in [false, true] {
        let daemon = sandbox.start();
        eventually("the child runs", || !daemon.children().is_empty());
        // Its trap is set when its loop has begun.
        eventually("its loop too", || sandbox.processes().len() >= 3);
        if asked_before {
            daemon.signal(Signal::TERM);
            sandbox.wait_for_logs("drop", 2);
        }
        let stop = ["stop", "--stop-timeout", "2s"];
        let _ = sandbox.verb(&stop).exits(0).says("stopped");
        eventually("nothing is left", || sandbox.processes().is_empty());
    }
}

#[test]
fn failed_start_leaves_no_child() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start spawn exec sleep 1000\non_start fail too late");
    let failed = sandbox.verb(&["start"]).exits(1).complains("too late");
    assert!(failed.took < Duration::from_secs(10), "{failed:?}");
    eventually("the child is gone", || sandbox.processes().is_empty());
    sandbox.assert_nothing_left();
}

#[test]
fn reaper_reports_every_child() {
    let sandbox = Sandbox::of("reaps_all");
    sandbox.script("run child exit 3\nrun child exit 4");
    let daemon = sandbox.start();
    sandbox.wait_for_log("ended: exit status: 3");
    sandbox.wait_for_log("ended: exit status: 4");
    sandbox.script("");
    eventually("no zombie", || daemon.children().is_empty());
    sandbox.stop();
}

#[test]
fn reaper_of_a_thousand_children_leaves_no_zombie() {
    let sandbox = Sandbox::of("reaps_all");
    // Orphans come to the daemon only if it is a subreaper: these are its own children.
    sandbox.script("run spawn_many 1000");
    let daemon = sandbox.start();
    // `run` reads the script after the start has returned.
    eventually("it is read", || !daemon.children().is_empty());
    sandbox.script("");
    sandbox.wait_for_logs("ended: exit status: 0", 1000);
    eventually("no zombie", || daemon.children().is_empty());
    sandbox.stop();
}

/// Old logs are compressed by a child of the runtime's own.
#[test]
fn reaper_does_not_report_compressions() {
    require_programs!("gzip zcat");
    let sandbox = Sandbox::of("reaps_all");
    // Its end wakes `run` again, and each turn writes some records.
    sandbox.script("run child exec sleep 0.1");
    let start = ["start", "--log-rotate", "1", "--log-keep", "50,gz"];
    let _ = sandbox.verb(&start).exits(0);
    let daemon = sandbox.daemon();
    let old = |number: usize| sandbox.path(&format!("reaps_all.log.{number}.gz"));
    eventually("five files are compressed", || {
        (2..50).filter(|number| old(*number).exists()).count() >= 5
    });
    sandbox.script("");
    eventually("no child is left", || daemon.children().is_empty());
    sandbox.stop();
    let logs = sandbox.shell("zcat -f reaps_all.log*").exits(0).stdout;
    assert!(!logs.contains("cannot compress"), "{logs}");
    let told = logs.lines().filter_map(|line| line.split_once(" : child "));
    let (ended, begun): (Vec<&str>, Vec<&str>) = told
        .map(|(_, child)| child)
        .partition(|child| child.contains(" ended: "));
    let ended = ended.iter().map(|child| child.split_once(' ').unwrap().0);
    assert!(ended.clone().count() > 3, "{logs}");
    for child in ended {
        assert!(
            begun.contains(&child),
            "{child} is not the program's:\n{logs}"
        );
    }
}

#[test]
fn spawned_child_inherits_no_mask_and_no_descriptor() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start spawn exec sleep 1000");
    let daemon = sandbox.start();
    eventually("the child runs", || {
        daemon
            .children()
            .first()
            .is_some_and(|child| child.name() == "sleep")
    });
    let child = &daemon.children()[0];
    assert_eq!(child.field("SigBlk"), "0000000000000000");
    // Its loader has another one open for a moment, after the name has changed.
    eventually("it has the first three descriptors alone", || {
        child.descriptors().into_keys().eq(0..3)
    });
    sandbox.stop();
    child.wait_for_end();
}
