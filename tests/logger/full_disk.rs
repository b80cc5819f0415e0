//! A full disk: which records it costs, and for how long.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{require_namespaces, require_root};

use crate::partial::{limited, nearly_full};
use crate::probe::{self, Probe};

/// A probe whose log is on a tmpfs of 64 kB in a mount namespace of its own, with a stderr that
/// nobody reads; and the directory's path from outside.
fn on_small_disk(directory: &Path, buffer: usize) -> (Probe, PathBuf) {
    let script = format!(
        "mount -t tmpfs -o size=64k none {0} && exec {1} {0}/log seed debug",
        directory.display(),
        Probe::path(),
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .stderr(writer);
    let probe = Probe::spawn(unshare.env("PROBE_BUFFER", buffer.to_string()));
    let inside = format!("/proc/{}/root{}", probe.pid(), directory.display());
    (probe, PathBuf::from(inside))
}

fn fill(disk: &Path) -> PathBuf {
    let filler = disk.join("filler");
    let mut file = File::create(&filler).unwrap();
    assert!(std::io::copy(&mut std::io::repeat(b'x'), &mut file).is_err());
    filler
}

#[test]
fn full_disk_loses_no_buffered_record() {
    require_namespaces!("--mount --map-root-user");
    // To others the root directory is nobody's in a namespace of their own, and so not trusted.
    require_root!("mount a small disk");
    let directory = tempfile::tempdir().unwrap();
    let (mut probe, disk) = on_small_disk(directory.path(), 8192);
    assert_eq!(probe.ask("log error 0"), "true");
    let filler = fill(&disk);
    let mut kept = 1;
    while probe.ask(&format!("log error {kept}")) == "true" {
        kept += 1;
    }
    assert_eq!(probe.ask("log error lost, too"), "false");
    fs::remove_file(&filler).unwrap();
    assert_eq!(probe.ask("log error after"), "true");
    let mut lines = probe::lines(&disk.join("log"));
    // The disk had room for a part of a record, which is whole on the next line.
    let partial = lines.windows(2).position(|two| two[1].starts_with(&two[0]));
    if let Some(at) = partial {
        lines.remove(at);
    }
    let (held, rest) = lines.split_at(kept);
    let message = |line: &String| line.split_once(" : ").unwrap().1.to_owned();
    let [held, rest] = [held, rest].map(|lines| lines.iter().map(message).collect::<Vec<_>>());
    assert!(
        held.iter()
            .enumerate()
            .all(|(number, message)| *message == number.to_string())
    );
    assert_eq!(rest, ["2 records lost: No space left on device", "after"]);
    assert!(kept > 300, "{kept}");
}

#[test]
fn full_disk_loses_records_only_while_full() {
    require_namespaces!("--mount --map-root-user");
    // To others the root directory is nobody's in a namespace of their own, and so not trusted.
    require_root!("mount a small disk");
    let directory = tempfile::tempdir().unwrap();
    let (mut probe, disk) = on_small_disk(directory.path(), 0);
    let log = disk.join("log");
    assert_eq!(probe.ask("log info before"), "true");
    let filler = fill(&disk);
    let room = 4096 - usize::try_from(fs::metadata(&log).unwrap().len()).unwrap() % 4096;
    // One record fits in part only.
    assert_eq!(
        probe.ask(&format!("raw {}", "y".repeat(room + 100))),
        "false"
    );
    for _ in 0..99 {
        assert_eq!(probe.ask("log info during"), "false");
    }
    fs::remove_file(&filler).unwrap();
    assert_eq!(probe.ask("log info after"), "true");

    let lines = probe::lines(&log);
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

#[test]
fn log_truncated_after_a_full_disk_has_no_empty_line() {
    require_namespaces!("--mount --map-root-user");
    require_root!("mount a small disk");
    let directory = tempfile::tempdir().unwrap();
    let (mut probe, disk) = on_small_disk(directory.path(), 0);
    let log = disk.join("log");
    assert_eq!(probe.ask("log info before"), "true");
    let filler = fill(&disk);
    // It fits in part only.
    assert_eq!(probe.ask(&format!("raw {}", "y".repeat(5000))), "false");
    assert!(fs::read_to_string(&log).unwrap().ends_with("yyy"));
    fs::remove_file(&filler).unwrap();
    File::create(&log).unwrap();
    assert_eq!(probe.ask("log info after"), "true");
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains(" lost: "), "{text:?}");
    assert!(!text.starts_with('\n'), "{text:?}");
}

/// How often the first thread of `probe` has slept.
fn sleeps(probe: &Probe) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", probe.pid())).unwrap();
    let field = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    field.unwrap().trim().parse().unwrap()
}

/// Neither for itself nor for the other, which has not died in the middle of its batch.
#[test]
fn full_disk_with_a_buffer_blocks_no_thread() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    nearly_full(&log);
    let mut probes = [limited(&log), limited(&log)];
    // More than the buffer holds.
    for probe in &mut probes {
        probe.tell("many x 500");
    }
    assert!(!fs::read_to_string(&log).unwrap().ends_with('\n'));
    for probe in &mut probes {
        let before = sleeps(probe);
        probe.tell("many y 300");
        let slept = sleeps(probe) - before;
        assert!(slept < 300, "{slept} times in 300 records");
    }
}
