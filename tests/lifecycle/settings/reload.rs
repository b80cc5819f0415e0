//! A reload takes all of the new settings, or none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::Duration;

use rustix::process::Signal;
use tests::support::Running;

use super::Site;

#[test]
fn reload_names_the_keys_that_changed() {
    let site = Site::new();
    site.write("port = 1\ngreeting = 'a'\n");
    let daemon = site.start();
    site.write("port = 2\ndb.password = 'hush'\n");
    let reloaded = site.verb(&["reload"]).exits(0);
    let _ = reloaded.says("reloaded, changed: db.password, greeting, port\n");
    assert_eq!(site.sandbox.count("2 took the place of 1"), 1);
    let _ = site
        .verb(&["reload"])
        .exits(0)
        .says("reloaded, no setting changed");
    site.assert_serves(&daemon, 2);
    let labels: Vec<_> = (0..200).map(|at| format!("labels.key{at} = 'x'")).collect();
    site.write(labels.join(
        "
",
    ));
    let reloaded = site.verb(&["reload"]).exits(0).stdout;
    assert!(reloaded.contains(" more"), "{reloaded}");
    assert!(reloaded.len() < 800, "{reloaded}");
    assert!(!site.sandbox.log().contains("hush"));
    site.sandbox.stop();
}

#[test]
fn hook_that_fails_leaves_the_old_settings_in_force() {
    let site = Site::new();
    site.write("port = 1");
    let daemon = site.start();
    site.write("port = 99");
    let failed = site.verb(&["reload"]).exits(1);
    let _ = failed.complains("the daemon keeps its old state: port 99 is taken");
    assert_eq!(
        site.sandbox.count("`on_reload` failed: port 99 is taken"),
        1
    );
    site.assert_serves(&daemon, 1);
    site.write("port = 3");
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    assert_eq!(site.sandbox.count("3 took the place of 1"), 1);
    site.sandbox.stop();
}

/// The messages of the daemon itself, in their order.
fn told(site: &Site) -> Vec<String> {
    let words = ["made", "serving", "stopped", "dropped"];
    let of_hooks = |text: &String| words.iter().any(|word| text.starts_with(word));
    site.sandbox
        .messages()
        .into_iter()
        .filter(of_hooks)
        .collect()
}

#[test]
fn value_is_made_before_the_old_one_stops() {
    let site = Site::of("replaced");
    site.write("port = 1");
    let daemon = site.start();
    site.write("port = 2");
    let _ = site.verb(&["reload"]).exits(0).says("changed: port");
    let wanted = [
        "made 1",
        "serving 1",
        "made 2",
        "stopped 1",
        "serving 2",
        "dropped 1",
    ];
    assert_eq!(told(&site), wanted);
    site.assert_serves(&daemon, 2);
    site.sandbox.stop();
    assert_eq!(told(&site)[6..], ["stopped 2", "dropped 2"]);
}

#[test]
fn old_value_stops_when_its_work_is_done() {
    let site = Site::of("replaced");
    site.write("port = 1");
    site.sandbox.script("on_start_1 guard 500");
    let _ = site.start();
    site.write("port = 2");
    let reload = site.verb(&["reload"]).exits(0);
    assert!(reload.took < Duration::from_secs(5));
    let messages = site.sandbox.messages();
    let place = |text: &str| messages.iter().position(|m| m.contains(text)).unwrap();
    let order = ["made 2", "the guard goes", "stopped 1", "serving 2"];
    assert!(order.map(place).is_sorted(), "{messages:?}");
    site.sandbox.stop();
}

#[test]
fn stop_while_the_old_value_drains_drops_the_new_one() {
    let site = Site::of("replaced");
    site.write("port = 1");
    site.sandbox
        .script("on_start_1 guard 60000\non_start_1 notice");
    let _ = site.verb(&["start", "--drain", "2s"]).exits(0);
    let daemon = site.sandbox.daemon();
    site.write("port = 2");
    let reload = Running::begin(site.command(&["reload"]));
    site.sandbox.wait_for_log("the span is over");
    daemon.signal(Signal::TERM);
    let _ = reload.finish().exits(1).complains("the daemon stops");
    daemon.wait_for_end();
    let wanted = [
        "made 1",
        "serving 1",
        "made 2",
        "dropped 2",
        "stopped 1",
        "dropped 1",
    ];
    assert_eq!(told(&site), wanted);
    site.sandbox.assert_nothing_left();
}

#[test]
fn value_that_cannot_be_made_stops_nothing() {
    let site = Site::of("replaced");
    site.sandbox.script("new_98 fail port 98 is not free");
    site.write("port = 1");
    let daemon = site.start();
    site.write("port = 98");
    let failed = site.verb(&["reload"]).exits(1);
    let _ = failed.complains("keeps its old state: `new` failed: port 98 is not free");
    assert_eq!(told(&site), ["made 1", "serving 1"]);
    site.assert_serves(&daemon, 1);
    site.sandbox.stop();
}

#[test]
fn value_that_does_not_start_gives_way_to_the_old_one() {
    let site = Site::of("replaced");
    site.sandbox.script("on_start_99 fail port 99 is taken");
    site.write("port = 1");
    let daemon = site.start();
    site.write("port = 99");
    let failed = site.verb(&["reload"]).exits(1);
    let text = "`on_start` failed: port 99 is taken; the old value was started again";
    let _ = failed.complains(text);
    let wanted = [
        "made 1",
        "serving 1",
        "made 99",
        "stopped 1",
        "dropped 99",
        "serving 1",
    ];
    assert_eq!(told(&site), wanted);
    site.assert_serves(&daemon, 1);
    let _ = site.verb(&["status"]).exits(0).says(text);
    site.write("port = 3");
    let _ = site.verb(&["reload"]).exits(0);
    site.assert_serves(&daemon, 3);
    site.sandbox.stop();
}

/// The children of a value that is not taken end with it, and no others.
#[test]
fn children_of_a_value_that_does_not_start_end() {
    let child = "spawn exec sleep 1000";
    for (fails, text) in [
        ("new_99 fail taken", "`new` failed: taken"),
        ("new_99 panic taken", "panicked at"),
        ("on_start_99 fail taken", "`on_start` failed: taken"),
        ("on_start_99 panic taken", "panicked at"),
        (
            "drop_99 panic late\non_start_99 fail taken",
            "`drop` panicked",
        ),
    ] {
        let site = Site::of("replaced");
        let spawns = format!("new_1 {child}\nnew_99 {child}\non_start_99 {child}\n{fails}");
        site.sandbox.script(&spawns);
        site.write("port = 1");
        let daemon = site.start();
        let before: Vec<_> = daemon.children().iter().map(|child| child.pid).collect();
        assert_eq!(before.len(), 1);
        site.write("port = 99");
        let _ = site.verb(&["reload"]).exits(1).complains(text);
        let is_over = text.contains("drop");
        if !is_over {
            let after = daemon.children();
            let after: Vec<_> = after.iter().map(|child| child.pid).collect();
            assert_eq!(after, before, "{fails}: {}", site.sandbox.log());
            site.assert_serves(&daemon, 1);
            site.sandbox.stop();
        }
        daemon.wait_for_end();
        site.sandbox.assert_nothing_left();
    }
}

#[test]
fn value_that_cannot_start_again_ends_the_daemon_with_both_reasons() {
    for (again, reason) in [
        ("fail port 1 is gone", "`on_start` failed: port 1 is gone"),
        ("panic port 1 is gone", ": port 1 is gone"),
    ] {
        let site = Site::of("replaced");
        site.write("port = 1");
        let daemon = site.start();
        let script = format!("on_start_99 fail taken\non_start_1 {again}");
        site.sandbox.script(&script);
        site.write("port = 99");
        let failed = site.verb(&["reload"]).exits(1);
        let both = format!("{reason}, after `on_start` failed: taken");
        let _ = failed
            .complains("not reloaded, the daemon ends: `on_start` ")
            .complains(&both);
        daemon.wait_for_end();
        let log = site.sandbox.log();
        assert!(log.contains("`on_start` failed: taken"), "{log}");
        assert!(log.contains("port 1 is gone"), "{log}");
        site.sandbox.assert_nothing_left();
    }
}

/// A writer replaces the file all the time: every answer is one of those that its files have.
#[test]
fn reload_beside_a_writer_has_one_of_its_files() {
    let site = Site::new();
    let files = [
        ("port = 1001", "changed: port"),
        ("port = 1002", "changed: port"),
        ("port = 13", "port 13 brings bad luck"),
        ("port = 'x'", "port: found the string"),
    ];
    site.write(files[0].0);
    let daemon = site.start();
    let ends = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| {
            let mut files = files.iter().cycle();
            while !ends.load(Ordering::Relaxed) {
                site.write(files.next().unwrap().0);
            }
        });
        for _ in 0..60 {
            let reloaded = site.verb(&["reload"]);
            let said = format!("{}{}", reloaded.stdout, reloaded.stderr);
            let answers = files.iter().map(|(_, answer)| *answer);
            let mut answers = answers.chain(["no setting changed"]);
            assert!(answers.any(|answer| said.contains(answer)), "{reloaded:#?}");
            let (port, _) = site.setting("port").unwrap();
            assert!(port == "1001" || port == "1002", "{port}");
        }
        ends.store(true, Ordering::Relaxed);
    });
    assert!(!daemon.has_ended());
    site.sandbox.stop();
}
