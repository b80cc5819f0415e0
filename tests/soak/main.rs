//! Over and over: start, signals, reloads, rotations, children, stop. At the end memory,
//! descriptors and zombies are where they began.
//!
//! `SOAK_SECONDS` sets the duration, by default 10.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod web;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

/// How much more memory a daemon may have than after its first round: pages that were touched
/// first later, not a leak, which grows with the rounds.
const SLACK_KB: u64 = 512;

fn budget() -> Duration {
    let seconds = std::env::var("SOAK_SECONDS").ok();
    Duration::from_secs(seconds.map_or(10, |text| text.parse().expect("seconds")))
}

/// The figures that must not grow.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptors: BTreeMap<i32, String>,
    threads: String,
    zombies: usize,
}

fn held(daemon: &Process) -> Held {
    let mut descriptors = daemon.descriptors();
    // A rotation gives the log another inode, not another number.
    descriptors.retain(|_, target| !target.contains(".log"));
    Held {
        descriptors,
        threads: daemon.field("Threads"),
        zombies: daemon
            .children()
            .iter()
            .filter(|child| child.has_ended())
            .count(),
    }
}

fn memory_kb(daemon: &Process) -> u64 {
    let resident = daemon.field("VmRSS");
    resident.split(' ').next().unwrap().parse().unwrap()
}

/// One round of everything that may happen to a running daemon.
fn round(sandbox: &Sandbox, daemon: &Process, number: usize) {
    for _ in 0..200 {
        for signal in [Signal::USR1, Signal::USR2, Signal::CHILD, Signal::CONT] {
            daemon.signal(signal);
        }
    }
    let rotated = sandbox.path(&format!("scripted.log.{}", number % 3));
    fs::rename(sandbox.log_file(), rotated).unwrap();
    let _ = sandbox.verb(&["reload"]).exits(0);
    eventually("the log is there again", || sandbox.log_file().exists());
    let _ = sandbox.verb(&["signal", "SIGRTMIN+3"]).exits(0);
    let _ = sandbox
        .verb(&["log-level", ["info", "debug"][number % 2]])
        .exits(0);
    let _ = sandbox.verb(&["status", "--json"]).exits(0);
    let _ = sandbox.verb(&["start"]).exits(0).says("already running");
    eventually("its children are gone", || daemon.children().is_empty());
}

/// One daemon that lives through all of it, while others come and go beside it.
#[test]
fn rounds_of_everything_leak_nothing() {
    let end = Instant::now() + budget();
    let sandbox = Sandbox::scripted();
    sandbox.script("on_signal spawn true");
    let daemon = sandbox.start();
    for number in 0..3 {
        round(&sandbox, &daemon, number);
    }
    let (held_before, memory_before) = (held(&daemon), memory_kb(&daemon));
    let others = Sandbox::scripted();
    let mut rounds = 0;
    while Instant::now() < end || rounds == 0 {
        round(&sandbox, &daemon, rounds);
        let first = others.start();
        let _ = others.verb(&["restart"]).exits(0);
        assert!(first.has_ended());
        if rounds % 2 == 0 {
            others.daemon().kill();
            let _ = others.verb(&["status"]).exits(1);
        } else {
            others.stop();
        }
        rounds += 1;
    }
    let after = memory_kb(&daemon);
    println!("{rounds} rounds; {memory_before} kB before, {after} kB after");
    assert_eq!(held(&daemon), held_before);
    assert!(
        after <= memory_before + SLACK_KB,
        "{memory_before} kB became {after} kB"
    );
    sandbox.stop();
    assert!(daemon.has_ended());
    others.stop();
    others.assert_nothing_left();
    sandbox.assert_nothing_left();
}
