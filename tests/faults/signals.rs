//! Floods of signals and of children, and a daemon that stands still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::Signal;
use tests::support::{Sandbox, eventually};

fn count(variable: &str, default: usize) -> usize {
    let count = std::env::var(variable).ok();
    count.map_or(default, |text| text.parse().expect("a number"))
}

/// While signals rain, every verb does its work. `FAULTS_SIGNALS` sets how many.
#[test]
fn flood_of_signals_drowns_no_verb() {
    let signals = count("FAULTS_SIGNALS", 100_000);
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    let quiet = AtomicBool::new(false);
    let mut reloads = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..signals {
                let signal = [Signal::USR1, Signal::USR2, Signal::CHILD, Signal::CONT][number % 4];
                daemon.signal(signal);
            }
            quiet.store(true, Ordering::Relaxed);
        });
        while !quiet.load(Ordering::Relaxed) {
            let _ = sandbox.verb(&["status", "-q"]).exits(0);
            let _ = sandbox.verb(&["reload"]).exits(0);
            reloads += 1;
        }
    });
    assert!(sandbox.count("got SIGUSR1") > 0 && sandbox.count("got SIGUSR2") > 0);
    println!("{signals} signals, {reloads} reloads meanwhile");
    // The last one of each is not lost.
    let before = sandbox.count("got SIGUSR1");
    daemon.signal(Signal::USR1);
    eventually("one more is heard", || {
        sandbox.count("got SIGUSR1") > before
    });
    sandbox.stop();
}

/// `FAULTS_CHILDREN` sets how many: each is reported, and none stays a zombie.
#[test]
fn flood_of_children_leaves_no_zombie() {
    let children = count("FAULTS_CHILDREN", 1000);
    let sandbox = Sandbox::scripted();
    // They end all at once, when the last one is there.
    sandbox.script(&format!("on_signal spawn_many {children}"));
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
    eventually("every child is reported", || {
        sandbox.count(" ended: ") == children
    });
    assert!(daemon.children().is_empty());
    assert_eq!(sandbox.count(" ended: exit status: 0"), children);
    sandbox.stop();
}

#[test]
fn frozen_daemon_is_reported_and_resumes() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for _ in 0..20 {
        daemon.signal(Signal::STOP);
        eventually("it is frozen", || daemon.state() == 'T');
        let _ = sandbox.verb(&["status"]).exits(0).says("frozen");
        let _ = sandbox.verb(&["start"]).exits(0).says("already running");
        // Nothing that comes meanwhile is lost.
        daemon.signal(Signal::USR1);
        let before = sandbox.count("got SIGUSR1");
        daemon.signal(Signal::CONT);
        eventually("it goes on", || sandbox.count("got SIGUSR1") > before);
    }
    daemon.signal(Signal::STOP);
    sandbox.stop();
    assert!(daemon.has_ended());
}
