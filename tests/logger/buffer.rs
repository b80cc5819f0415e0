//! The buffer: which records go through it, and when they reach the log.

use std::process::Command;
use std::time::Instant;

use daemon_rt::logger::Logger;
use tests::support::{eventually, until};

use crate::probe::{self, AGE, Probe, messages};

/// A record that is written beside the buffer cannot be completed after a kill. So none is: neither
/// one that finds no room, nor one of a thread that comes while the buffer is made.
#[test]
fn every_record_goes_through_the_buffer() {
    let (told, written) = probe::in_a_second(|| {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut probe = Probe::buffered(&log, 8192);
        let mut told = 0;
        while messages(&log).is_empty() {
            probe.ask("log info waits");
            told += 1;
        }
        (told, messages(&log).len())
    });
    assert_eq!(told, written + 1);

    for round in 0..20 {
        let written = probe::in_a_second(|| {
            let directory = tempfile::tempdir().unwrap();
            let log = directory.path().join("log");
            let mut probe = Probe::buffered(&log, 65536);
            probe.tell("threads 8 10 x");
            messages(&log)
        });
        assert_eq!(written, [""; 0], "round {round}");
    }
}

#[test]
fn buffer_is_written_within_a_second_or_on_error() {
    // `None` if the machine was too slow to see a record wait.
    let attempt = || {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut probe = Probe::buffered(&log, 65536);
        let mut waits_since = Instant::now();
        for round in 1..=2 {
            probe.ask("log warn waits");
            let written = messages(&log).len();
            if waits_since.elapsed() >= AGE {
                return None;
            }
            assert_eq!(written, 3 * round - 3);
            eventually("a second is over", || messages(&log).len() == 3 * round - 2);
            waits_since = Instant::now();
            probe.ask("log warn waits");
            probe.ask("log error urgent");
            assert_eq!(messages(&log).len(), 3 * round);
        }
        probe.ask("log info waits");
        probe.tell("flush");
        assert_eq!(messages(&log).len(), 7);
        probe.ask(&format!("raw {}", "x".repeat(100_000)));
        assert_eq!(messages(&log)[7].len(), 100_000);
        Some(())
    };
    assert!(until(attempt).is_some());
}

#[test]
fn missing_thread_disables_the_buffer() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = Command::new(Probe::path());
    command.arg(&log).args(["seed", "debug"]);
    command.env("PROBE_BUFFER", "65536");
    // No thread has room for such a stack.
    let mut probe = Probe::spawn(command.env("RUST_MIN_STACK", (1_u64 << 60).to_string()));
    for number in 1..=2 {
        assert_eq!(probe.ask("log info at once"), "true");
        assert_eq!(messages(&log).len(), number);
        assert_eq!(probe::logs(directory.path()).len(), 1);
    }
}

#[test]
fn buffer_moves_with_its_log() {
    let directory = probe::in_a_second(|| {
        let directory = tempfile::tempdir().unwrap();
        let mut probe = Probe::buffered(&directory.path().join("log"), 65536);
        probe.ask("log info one");
        probe.tell(&format!(
            "file {}",
            directory.path().join("other").display()
        ));
        probe.ask("log info two");
        probe.kill();
        directory
    });
    let (log, other) = (directory.path().join("log"), directory.path().join("other"));
    assert_eq!(messages(&log), ["one"]);
    assert_eq!(
        (
            Logger::recover(&log).unwrap(),
            Logger::recover(&other).unwrap()
        ),
        (0, 1)
    );
    assert_eq!(messages(&other), ["two"]);
}

/// Then `log`'s macros go to the other one, and the logger's own functions work.
#[test]
fn foreign_logger_leaves_own_functions_working() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = Command::new(Probe::path());
    command.arg(&log).args(["seed", "info"]);
    command.envs([("PROBE_BUFFER", "8192"), ("PROBE_OTHER", "1")]);
    let mut probe = Probe::spawn(&mut command);
    assert_eq!(probe.ask("level?"), "info");
    assert_eq!(probe.ask("log info own"), "true");
    assert_eq!(probe.ask("log debug refused"), "false");
    probe.ask("macro error the other's");
    assert!(probe.end().success());
    assert_eq!(messages(&log), ["own"]);
    probe::logs(directory.path());
}
