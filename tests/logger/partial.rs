//! Partial records: the beginning of a record, at the end of a log.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use daemon_rt::logger::Logger;
use rustix::process::{Resource, Rlimit, prlimit};

use crate::probe::{self, Probe, messages};

/// The size that no file of a limited probe's exceeds: that of its staging file.
const LIMIT: usize = 4096 + 8192;

/// A log with room for some more records of a limited probe, the last of them in part.
pub(crate) fn nearly_full(log: &Path) {
    fs::write(log, format!("{}\n", "x".repeat(LIMIT - 101))).unwrap();
}

/// A probe with a buffer for which a log of `LIMIT` bytes is a full disk, until `let_grow`.
pub(crate) fn limited(log: &Path) -> Probe {
    let script = "trap '' XFSZ; ulimit -S -f $((LIMIT / 512)); exec \"$0\" \"$1\" seed debug";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, &Probe::path()])
        .arg(log)
        .env("LIMIT", LIMIT.to_string())
        .env("PROBE_BUFFER", "8192")
        .stderr(Stdio::null());
    Probe::spawn(&mut command)
}

pub(crate) fn let_grow(probe: &Probe) {
    let pid = rustix::process::Pid::from_raw(probe.pid().cast_signed());
    let none = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, none).unwrap();
}

/// A killed process or a power cut may leave part of a record. The next record of any process
/// begins on a new line.
#[test]
fn partial_record_is_followed_by_a_new_line() {
    let long = "x".repeat(10_000);
    let written = probe::in_a_second(|| {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let tear = || {
            let mut log = File::options()
                .append(true)
                .create(true)
                .open(&log)
                .unwrap();
            log.write_all(b"Nov 28 17:05:05 : torn").unwrap();
        };
        for buffer in [0, 8192] {
            tear();
            let mut starting = Probe::buffered(&log, buffer);
            starting.ask("log error at a start");
        }
        let mut probe = Probe::buffered(&log, 8192);
        for message in ["in a batch", &long] {
            tear();
            probe.ask(&format!("log error {message}"));
        }
        probe.ask("log info recovered");
        probe.kill();
        tear();
        Logger::recover(&log).unwrap();
        messages(&log)
    });
    let whole = ["at a start", "at a start", "in a batch", &long, "recovered"];
    let wanted: Vec<&str> = whole.iter().flat_map(|message| ["torn", message]).collect();
    assert_eq!(written, wanted);
}

/// A log that the process comes to later.
#[test]
fn partial_record_in_another_file_is_followed_by_a_new_line() {
    let directory = tempfile::tempdir().unwrap();
    let (log, other) = (directory.path().join("log"), directory.path().join("other"));
    for buffer in [0, 8192] {
        fs::write(&other, "Nov 28 17:05:05 : torn").unwrap();
        let mut probe = Probe::buffered(&log, buffer);
        probe.tell(&format!("file {}", other.display()));
        probe.ask("log error whole");
        assert_eq!(messages(&other), ["torn", "whole"]);
    }
}

/// The numbers of the whole records of `many` in `logs`.
fn whole(logs: &[&Path]) -> Vec<u64> {
    let lines = logs.iter().flat_map(|log| probe::lines(log));
    let number = |line: String| Some(probe::check(line.split_once(" : ")?.1)?.1);
    lines.filter_map(number).collect()
}

/// A probe whose log ends with a part of the third of ten records.
fn torn(log: &Path) -> Probe {
    nearly_full(log);
    let mut probe = limited(log);
    probe.tell("many x 10");
    probe.tell("flush");
    assert_eq!(whole(&[log]), [0, 1]);
    assert!(!fs::read_to_string(log).unwrap().ends_with('\n'));
    probe
}

/// Another process begins a new line, and so ends the record: it is written again, rather twice
/// than not at all.
#[test]
fn record_without_its_newline_is_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let (log, other) = (directory.path().join("log"), directory.path().join("other"));
    Probe::buffered(&other, 0).ask("log info r0");
    let line = fs::read(&other).unwrap().len();
    let before = "x".repeat(LIMIT - 3 * line - 3);
    fs::write(&log, format!(" : {before}\n")).unwrap();
    let mut probe = limited(&log);
    for number in 0..5 {
        probe.ask(&format!("log info r{number}"));
    }
    probe.tell("flush");
    assert!(fs::read_to_string(&log).unwrap().ends_with(" : r2"));
    Probe::buffered(&log, 8192).ask("log error another's");
    let_grow(&probe);
    probe.tell("flush");
    assert_eq!(
        messages(&log)[1..],
        ["r0", "r1", "r2", "another's", "r2", "r3", "r4"]
    );
}

#[test]
fn buffer_kept_by_a_full_disk_stays_the_only_one() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = torn(&log);
    probe.tell(&format!("file {}", log.display()));
    probe.ask("log info new");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    let_grow(&probe);
    probe.tell("flush");
    assert!(probe.end().success());
    assert_eq!(whole(&[&log]), (0..10).collect::<Vec<u64>>());
}

#[test]
fn record_that_a_full_disk_tore_is_whole_in_the_next_file() {
    let directory = tempfile::tempdir().unwrap();
    let (log, old) = (directory.path().join("log"), directory.path().join("log.1"));
    let mut probe = torn(&log);
    fs::rename(&log, &old).unwrap();
    probe.tell("reopen");
    probe.tell("flush");
    let numbers: Vec<u64> = messages(&log)
        .iter()
        .map(|message| probe::check(message).unwrap().1)
        .collect();
    assert!(numbers.into_iter().eq(2..10));
}

#[test]
fn record_that_a_full_disk_tore_is_whole_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let (log, old) = (directory.path().join("log"), directory.path().join("log.1"));
    let probe = torn(&log);
    fs::rename(&log, &old).unwrap();
    fs::write(&log, "").unwrap();
    probe.kill();
    assert_eq!(Logger::recover(&log).unwrap(), 8);
    let all: Vec<u64> = (0..10).collect();
    assert_eq!(whole(&[&old, &log]), all);
}

#[test]
fn record_that_a_full_disk_tore_is_written_again_after_what_others_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    for dies in [false, true] {
        let mut probe = torn(&log);
        let mut other = File::options().append(true).open(&log).unwrap();
        other.write_all(b" another's\n").unwrap();
        if dies {
            probe.kill();
            assert_eq!(Logger::recover(&log).unwrap(), 8);
        } else {
            let_grow(&probe);
            probe.tell("flush");
        }
        let all: Vec<u64> = (0..10).collect();
        assert_eq!(whole(&[&log]), all, "{dies}");
    }
}
