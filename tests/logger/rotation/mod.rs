//! The log's own rotation.

mod compression;

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use nix::fcntl::{Flock, FlockArg};
use tests::support::{eventually, until};
use tests::{require_namespaces, require_root};

use crate::probe::{self, AGE, Probe, checked, messages};

fn start(log: &Path, rotate: &str, keep: &str) -> Probe {
    Probe::spawn(&mut command(log, rotate, keep))
}

fn command(log: &Path, rotate: &str, keep: &str) -> Command {
    let mut command = Command::new(Probe::path());
    command
        .arg(log)
        .args(["seed", "debug"])
        .env("PROBE_ROTATE", rotate)
        .env("PROBE_KEEP", keep);
    command
}

/// Three processes, which notice the size once a second, rotate one log between them.
#[test]
fn log_of_three_processes_rotates_by_size() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let start = || {
        let mut command = Command::new(Probe::path());
        command
            .arg(&log)
            .args(["seed", "debug"])
            .env("PROBE_ROTATE", "20000")
            .env("PROBE_KEEP", "3");
        Probe::spawn(&mut command)
    };
    let mut probes = [start(), start(), start()];
    let rotated = |number: u32| directory.path().join(format!("log.{number}"));
    let mut round = 0;
    eventually("it is rotated twice", || {
        for (number, probe) in probes.iter_mut().enumerate() {
            probe.tell(&format!("many p{number}r{round} 200"));
        }
        round += 1;
        rotated(2).exists()
    });
    drop(probes);
    let logs = probe::logs(directory.path());
    let counts = checked(&logs);
    assert_eq!((logs.len(), counts.len()), (3, 3 * round));
    assert!(counts.values().all(|count| *count == 200), "{counts:?}");
    assert!(fs::metadata(rotated(1)).unwrap().len() >= 20000);
}

#[test]
fn old_files_are_kept_by_number() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "1", "3");
    let mut number = 0;
    eventually("the first of the records is gone", || {
        probe.ask(&format!("log info {number}"));
        number += 1;
        let oldest = directory.path().join("log.3");
        oldest.exists() && messages(&oldest)[0] != "0"
    });
    assert_eq!(probe::logs(directory.path()).len(), 4);
}

/// Each old file has some 1,040 bytes: three of them are more than 3,000.
#[test]
fn old_files_are_kept_by_total_size() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "1000", "9,3000");
    let mut rotations = 0;
    let (old, mut newest) = (|number| directory.path().join(format!("log.{number}")), 0);
    eventually("it has been rotated four times", || {
        let meta = fs::metadata(&log).unwrap();
        if meta.len() < 1000 {
            probe.ask(&format!("log info {}", "x".repeat(1000)));
        } else if meta
            .modified()
            .unwrap()
            .elapsed()
            .is_ok_and(|age| age > AGE)
        {
            // A second later this one rotates it.
            probe.ask("log info x");
        }
        let inode = fs::metadata(old(1)).map_or(0, |file| file.ino());
        rotations += u32::from(inode != newest);
        newest = inode;
        rotations == 4
    });
    assert!(old(2).exists() && !old(3).exists());
}

#[test]
fn log_rotates_by_day() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    fs::write(&log, "Mar 7 18:57:08 : old\n").unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    fs::File::options()
        .append(true)
        .open(&log)
        .unwrap()
        .set_modified(yesterday)
        .unwrap();
    let mut command = Command::new(Probe::path());
    command
        .arg(&log)
        .args(["seed", "debug"])
        .env("PROBE_ROTATE", "daily");
    let mut probe = Probe::spawn(&mut command);
    probe.ask("log info new");
    assert_eq!(messages(&directory.path().join("log.1")), ["old"]);
    assert_eq!(messages(&log), ["new"]);
}

/// The time.
fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A record of yesterday's last second may be written today, by the buffer's thread or by another
/// process: the file is yesterday's nevertheless.
#[test]
fn late_record_does_not_move_the_day_of_the_file() {
    // None when the machine was too slow to write a record on the first of the days.
    let attempt = || {
        let directory = tempfile::tempdir().unwrap();
        // A zone in which the next day begins in five seconds: mostly time enough to start.
        let midnight = seconds() + 5;
        let left = 86_400 - midnight % 86_400;
        let zone = format!("XXX-{}:{}:{}", left / 3600, left / 60 % 60, left % 60);
        let mut command = command(&directory.path().join("log"), "daily", "7");
        let mut probe = Probe::spawn(command.env("TZ", zone));
        probe.ask("log info yesterday");
        (seconds() < midnight).then_some((directory, probe, midnight))
    };
    let (directory, mut probe, midnight) = until(attempt).unwrap();
    let log = directory.path().join("log");
    eventually("it is another day", || seconds() > midnight);
    let mut late = fs::File::options().append(true).open(&log).unwrap();
    late.write_all(b"Mar 7 23:59:59 : late\n").unwrap();
    probe.ask("log info today");
    assert_eq!(
        messages(&directory.path().join("log.1")),
        ["yesterday", "late"]
    );
    assert_eq!(messages(&log), ["today"]);
}

/// A start finds more old files than it keeps, remains of compressions, and files of other programs
/// with similar names.
#[test]
fn start_removes_leftovers_of_rotations() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let ours = [
        "log.3",
        "log.4.gz",
        "log.1000",
        "log.gz.part.4000000",
        "log.gz.1.2.3.4",
    ];
    let others = [
        "log.1",
        "log.2.gz",
        "log.2024",
        "log.20240101.gz",
        "log.03",
        "log.4.bz2",
        "log.x",
        "log.4.gz.old",
        "log2.4",
        "log.gz.part",
        "log.gz.part.x",
        "log.gz.1.2.3",
        "log.gz.part.4000001",
    ];
    for name in ours.iter().chain(&others) {
        fs::write(directory.path().join(name), "Mar 7 18:57:08 : old\n").unwrap();
    }
    // Another process works on this one.
    let busy = fs::File::open(directory.path().join("log.gz.part.4000001")).unwrap();
    let _busy = Flock::lock(busy, FlockArg::LockExclusive).unwrap();
    let names = || {
        let names = fs::read_dir(directory.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    };
    // A process that does not rotate leaves old files alone.
    drop(start(&log, "never", "2"));
    assert_eq!(names().len(), ours.len() + others.len() + 1);
    drop(start(&log, "1M", "2"));
    let mut left: Vec<&str> = others.iter().copied().chain(["log"]).collect();
    left.sort_unstable();
    assert_eq!(names(), left);
}

/// A process that is stopped while it holds the lock on the log does not make two others rotate
/// at once: nobody does, and no file is lost.
#[test]
fn rotation_waits_for_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "1", "3");
    probe.ask("log info 0");
    let file = fs::File::options().write(true).open(&log).unwrap();
    let lock = nix::libc::flock {
        l_type: nix::libc::F_WRLCK.try_into().unwrap(),
        l_whence: 0,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_SETLK(&lock)).unwrap();
    let end = SystemTime::now() + Duration::from_millis(2200);
    eventually("two seconds are over", || {
        probe.ask("log info more");
        SystemTime::now() > end
    });
    assert!(!directory.path().join("log.1").exists());
    drop(file);
    eventually("it is rotated", || {
        probe.ask("log info more");
        directory.path().join("log.1").exists()
    });
}

/// A log that is a mount of its own, as a container may have it.
#[test]
fn log_that_cannot_be_renamed_costs_one_old_file() {
    require_namespaces!("--mount");
    // To others the root directory is nobody's in a namespace of their own, and so not trusted.
    require_root!("mount a file on itself");
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let old = |number: u32| directory.path().join(format!("log.{number}"));
    fs::write(&log, "x").unwrap();
    for number in 1..=3 {
        fs::write(old(number), number.to_string()).unwrap();
    }
    let script = "mount --bind \"$1\" \"$1\" && exec \"$0\" \"$1\" seed debug";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", script, &Probe::path()]);
    unshare
        .arg(&log)
        .envs([("PROBE_ROTATE", "1"), ("PROBE_KEEP", "3")]);
    let mut probe = Probe::spawn(&mut unshare);
    // It tries once a second.
    let end = SystemTime::now() + Duration::from_millis(3200);
    eventually("three seconds are over", || {
        probe.ask("log info more");
        SystemTime::now() > end
    });
    assert!(
        fs::read_to_string(&log)
            .unwrap()
            .contains("the log continues in the previous file")
    );
    let kept = [1, 2, 3].map(|number| fs::read_to_string(old(number)).ok());
    assert_eq!(kept, [None, Some("1".to_owned()), Some("2".to_owned())]);
}
