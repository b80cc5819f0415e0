//! Signals without end while programs take over from each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::Sandbox;

/// Each of them is handled once, in order, by the old program or by the new one.
#[test]
fn realtime_signals_are_all_handled_over_upgrades() {
    const SIGNALS: i32 = 300;
    require_programs!("kill");
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    let upgrades = thread::scope(|scope| {
        let sender = scope.spawn(|| (0..SIGNALS).for_each(|value| daemon.queue(value)));
        let mut upgrades = 0;
        while !sender.is_finished() {
            let _ = sandbox.verb(&["upgrade"]).exits(0);
            upgrades += 1;
        }
        upgrades
    });
    assert!(upgrades > 2, "only {upgrades} upgrades");
    sandbox.wait_for_log(&format!("value Some({})", SIGNALS - 1));
    let messages = sandbox.messages();
    let values = messages.iter().filter_map(|message| {
        let (_, value) = message.split_once("value Some(")?;
        value.strip_suffix(')')?.parse().ok()
    });
    assert_eq!(
        values.collect::<Vec<i32>>(),
        (0..SIGNALS).collect::<Vec<_>>()
    );
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn storm_of_reloads_and_signals_ends_no_upgrade() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for signal in [Signal::USR1, Signal::HUP, Signal::USR2, Signal::CHILD] {
                    daemon.signal(signal);
                }
                thread::sleep(Duration::from_micros(500));
            }
        });
        // Not to the other program, which the storm would end: it has other signals.
        for _ in 0..10 {
            let finished = sandbox.verb(&["upgrade"]);
            if finished.code() != 0 {
                is_over.store(true, Ordering::Relaxed);
                let _ = finished.exits(0);
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(!daemon.has_ended());
    assert_eq!(daemon.field("SigBlk"), "0".repeat(16));
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// A rollback loses none of them either.
#[test]
fn storm_during_rollbacks_loses_no_realtime_signal() {
    const SIGNALS: i32 = 200;
    require_programs!("kill");
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.install("scripted_next");
    thread::scope(|scope| {
        let sender = scope.spawn(|| (0..SIGNALS).for_each(|value| daemon.queue(value)));
        for script in ["next_new fail no disk", "next_start abort"]
            .into_iter()
            .cycle()
        {
            sandbox.script(script);
            let _ = sandbox.verb(&["upgrade"]).exits(1);
            if sender.is_finished() {
                break;
            }
        }
    });
    sandbox.wait_for_log(&format!("value Some({})", SIGNALS - 1));
    assert_eq!(
        sandbox.count("value Some("),
        usize::try_from(SIGNALS).unwrap()
    );
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Before the exec it goes before the upgrade, and afterwards the new program stops.
#[test]
fn stop_at_any_moment_of_an_upgrade_ends_the_daemon() {
    for delay in (0..40).step_by(2) {
        let sandbox = Sandbox::upgradable();
        let daemon = sandbox.start();
        let verb = sandbox.begin(&["upgrade"]);
        thread::sleep(Duration::from_millis(delay));
        daemon.signal(Signal::TERM);
        daemon.wait_for_end();
        let _ = verb.finish();
        let calls = |hook: &str| sandbox.count(&format!("{hook} on thread"));
        assert_eq!(
            calls("on_stop"),
            calls("on_start"),
            "{delay}: {}",
            sandbox.log()
        );
        assert_eq!(calls("drop"), calls("new"), "{delay}");
        sandbox.assert_nothing_left();
    }
}
