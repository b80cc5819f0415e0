//! The records that killed processes had buffered.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use daemon_rt::logger::Logger;
use tests::support::{DEADLINE, Process, until_within};

use crate::probe::{self, Probe, checked, messages};

/// Some of these come before the log in the order of the directory. The process that drains looks
/// through the directory, and must not release the lock that says that it lives.
#[test]
fn recovery_leaves_living_processes_alone() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut living: Vec<Probe> = (0..16).map(|_| Probe::buffered(&log, 65536)).collect();
    let mut deaths = 0;
    probe::in_a_second(|| {
        // Recovers the one before, if that took longer.
        let mut dead = Probe::buffered(&log, 65536);
        deaths += 1;
        dead.tell(&format!("many dead{deaths} 10"));
        dead.kill();
    });
    for (number, probe) in living.iter_mut().enumerate() {
        probe.tell(&format!("many drained{number} 1"));
        probe.tell("flush");
        probe.tell(&format!("many held{number} 10"));
    }
    assert_eq!(Logger::recover(&log).unwrap(), 10);
    assert_eq!(Logger::recover(&log).unwrap(), 0);
    assert!(living.into_iter().all(|probe| probe.end().success()));
    let counts = checked(&probe::logs(directory.path()));
    assert!((1..=deaths).all(|number| counts[&format!("dead{number}")] == 10));
    assert_eq!(counts.len(), 32 + deaths);
    assert!(
        (0..16).all(|number| counts[&format!("held{number}")] == 10),
        "{counts:?}"
    );
}

#[test]
fn recovery_leaves_a_process_alone_that_closed_its_staging_file() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut living = Probe::buffered(&log, 65536);
    living.tell("many living 10");
    let stage = directory.path().join(format!("log.stage.{}", living.pid()));
    // As a program does that reads all files of a directory.
    living.tell(&format!("read {}", stage.display()));
    assert_eq!(Logger::recover(&log).unwrap(), 0);
    assert!(stage.exists());
    assert!(living.end().success());
    assert_eq!(checked(&probe::logs(directory.path()))["living"], 10);
}

/// The process keeps its number, and with it the name of its staging file.
#[test]
fn program_after_an_exec_takes_over_the_records_and_the_name() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::buffered(&log, 65536);
    let own = format!("log.stage.{}", probe.pid());
    for round in 0..20 {
        probe.tell(&format!("many round{round} 10"));
        let names = fs::read_dir(directory.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let stages: Vec<_> = names.filter(|name| name.contains(".stage.")).collect();
        assert_eq!(stages, [own.as_str()]);
        assert_eq!(probe.ask("exec"), "ready");
    }
    assert!(probe.end().success());
    let counts = checked(&probe::logs(directory.path()));
    assert_eq!(counts.len(), 20);
    assert!(counts.values().all(|count| *count == 10), "{counts:?}");
}

/// A forked child shares the descriptors and the memory of its parent, but not its life.
#[test]
fn forked_child_does_not_keep_the_records_of_its_dead_parent() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut children = Vec::new();
    probe::in_a_second(|| {
        let mut dead = Probe::buffered(&log, 65536);
        dead.tell("many dead 10");
        children.push(Process::of(dead.ask("orphan").parse().unwrap()));
        dead.kill();
    });
    assert!(Logger::recover(&log).unwrap() >= 10);
    assert!(children.iter().all(|child| !child.has_ended()));
    children.iter().for_each(Process::kill);
}

#[test]
fn start_recovers_records_of_the_dead() {
    let directory = probe::in_a_second(|| {
        let directory = tempfile::tempdir().unwrap();
        let mut dead = Probe::buffered(&directory.path().join("log"), 65536);
        dead.tell("many dead 10");
        dead.kill();
        directory
    });
    let log = directory.path().join("log");
    assert!(messages(&log).is_empty());
    // Other files are left alone.
    let odd: Vec<PathBuf> = (0..8)
        .map(|number| directory.path().join(format!("log.stage.500000{number}")))
        .collect();
    for odd in &odd {
        fs::create_dir(odd).unwrap();
    }
    let _next = Probe::buffered(&log, 0);
    for odd in &odd {
        fs::remove_dir(odd).unwrap();
    }
    assert_eq!(checked(&probe::logs(directory.path()))["dead"], 10);
}

/// A planted file is neither trusted nor removed.
#[test]
fn recovery_ignores_planted_files() {
    let directory = tempfile::tempdir().unwrap();
    let (log, victim) = (
        directory.path().join("log"),
        directory.path().join("victim"),
    );
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, directory.path().join("log.stage.1")).unwrap();
    fs::hard_link(&victim, directory.path().join("log.stage.2")).unwrap();
    let others =
        ["log.stage.3", "log.stage.log", "log.stage.4.gz"].map(|name| directory.path().join(name));
    for other in &others {
        fs::write(other, [0xff; 9000]).unwrap();
    }
    assert_eq!(Logger::recover(&log).unwrap(), 0);
    assert!(others.iter().all(|other| other.exists()));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(!log.exists());
}

/// A staging file with `records`, all of them on their way to `log` from its beginning on.
fn planted(log: &Path, records: &[u8]) -> Vec<u8> {
    let meta = fs::metadata(log).unwrap();
    let magic = u64::from_be_bytes(*b"drtstg02");
    let length = u64::try_from(records.len()).unwrap();
    let words = [magic, 0, length, 1, meta.dev(), meta.ino(), 0];
    let mut file = words.map(u64::to_ne_bytes).concat();
    file.resize(4096, 0);
    [file, records.to_vec()].concat()
}

/// The inode of a log that is gone may be another process's staging file by now.
#[test]
fn staging_file_is_never_taken_for_a_log() {
    let directory = probe::in_a_second(|| {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut living = Probe::buffered(&log, 65536);
        living.tell("many living 10");
        let stage = directory.path().join(format!("log.stage.{}", living.pid()));
        let record = b"Nov 28 17:05:05 : dead\n";
        fs::write(
            directory.path().join("log.stage.1"),
            planted(&stage, record),
        )
        .unwrap();
        assert_eq!(Logger::recover(&log).unwrap(), 1);
        assert_eq!(Logger::recover(&log).unwrap(), 0);
        living.kill();
        directory
    });
    let log = directory.path().join("log");
    assert_eq!(messages(&log), ["dead"]);
    assert_eq!(Logger::recover(&log).unwrap(), 10);
}

/// A staging file whose every line but the last is in the log. A search for all of them from each
/// line of the log would take a quarter of an hour.
#[test]
fn recovery_of_a_hostile_file_takes_bounded_time() {
    const LINES: usize = 64 << 10;
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut dying = Probe::buffered(&log, 65536);
    dying.tell("many x 1");
    let stage = directory.path().join(format!("log.stage.{}", dying.pid()));
    dying.kill();
    fs::write(&log, "\n".repeat(256 * LINES)).unwrap();
    // All of them are one batch.
    let records = [vec![b'\n'; LINES - 2], b"x\n".to_vec()].concat();
    fs::write(&stage, planted(&log, &records)).unwrap();
    let recovery = std::thread::spawn(move || Logger::recover(&log).unwrap());
    // It has work for a second or two.
    let long = 4 * DEADLINE;
    assert!(until_within(long, || recovery.is_finished().then_some(())).is_some());
    assert_eq!(recovery.join().unwrap(), 1);
    assert!(!stage.exists());
}
