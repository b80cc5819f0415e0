//! Records that a dying process, a fork or a full disk could cost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod harness;

use std::fs::{self, File};
use std::process::{Command, Stdio};

use harness::{Probe, checked, messages};

const ENDS: [&str; 6] = ["return", "exit", "panic", "abort", "SIGTERM", "SIGKILL"];

#[test]
fn no_end_costs_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let lost: Vec<(&str, u64)> = ENDS
        .iter()
        .map(|end| {
            let log = folder.path().join(end);
            let command = &mut Command::new(Probe::path());
            let command = command
                .arg(&log)
                .args(["seed", "debug"])
                .stderr(Stdio::null());
            let mut probe = Probe::spawn(command);
            probe.tell("many x 1000");
            probe.send(&format!("end {end}"));
            drop(probe);
            (*end, 1000 - checked(&[log])["x"])
        })
        .collect();
    assert_eq!(lost, ENDS.map(|end| (end, 0)));
}

#[test]
fn a_child_may_log_although_it_was_forked_while_others_did() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    assert_eq!(probe.ask("forks 300 3"), "0");
    let messages = messages(&log);
    let of_children = messages
        .iter()
        .filter(|message| message.starts_with("child "));
    assert_eq!(of_children.count(), 600);
}

/// The number of a process and of its thread are not its parent's.
#[test]
fn a_forked_child_has_its_own_number() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "full", "debug");
    assert_eq!(probe.ask("forks 1 0"), "0");
    for line in harness::lines(&log) {
        let (_, rest) = line.split_once('[').unwrap();
        let shown = rest.split_once(' ').unwrap().0;
        let real = line
            .split(" child 0 ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert_eq!(shown, real, "{line}");
    }
}

/// A tmpfs of 64 kB in a mount namespace of the probe's own, filled by others, with a stderr that
/// nobody reads.
#[test]
fn a_full_disk_costs_records_only_while_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let script = format!(
        "mount -t tmpfs -o size=64k none {0} && exec {1} {2} seed debug",
        folder.path().display(),
        Probe::path(),
        log.display()
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .stderr(writer);
    let mut probe = Probe::spawn(&mut unshare);
    let inside = |path: &std::path::Path| format!("/proc/{}/root{}", probe.pid(), path.display());
    let (log, filler) = (inside(&log), inside(&folder.path().join("filler")));

    assert_eq!(probe.ask("log info before"), "true");
    let mut file = File::create(&filler).unwrap();
    assert!(std::io::copy(&mut std::io::repeat(b'x'), &mut file).is_err());
    let room = 4096 - usize::try_from(fs::metadata(&log).unwrap().len()).unwrap() % 4096;
    // One record fits in part only.
    assert_eq!(
        probe.ask(&format!("raw {}", "y".repeat(room + 100))),
        "false"
    );
    for _ in 0..99 {
        assert_eq!(probe.ask("log info during"), "false");
    }
    drop(file);
    fs::remove_file(&filler).unwrap();
    assert_eq!(probe.ask("log info after"), "true");

    let lines = harness::lines(log.as_ref());
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].ends_with(" : before"));
    assert!(lines[1].ends_with("yyy"));
    assert!(
        lines[2].ends_with(" : 100 records lost: No space left on device"),
        "{}",
        lines[2]
    );
    assert!(lines[3].ends_with(" : after"));
    assert!(probe.end().success());
}
