//! Many writers on one file that moves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod harness;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use harness::{Probe, checked, messages, until};

#[test]
fn the_file_is_the_owners_and_its_groups() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let _probe = Probe::start(&log, "seed", "debug");
    assert_eq!(
        fs::metadata(&log).unwrap().permissions().mode() & 0o7777,
        0o640
    );
}

#[test]
fn a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (log, victim) = (folder.path().join("log"), folder.path().join("victim"));
    std::os::unix::fs::symlink(&victim, &log).unwrap();
    let output = Command::new(Probe::path())
        .arg(&log)
        .args(["seed", "debug"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(&format!(
            "refusing {}: it is a symbolic link",
            log.display()
        )),
        "{text}"
    );
    assert!(!victim.exists());
}

#[test]
fn rotation_costs_nothing() {
    rotate_under(0);
}

#[test]
fn rotation_costs_nothing_with_a_buffer() {
    rotate_under(65536);
}

/// Four processes log 50,000 records each while the file is renamed ten times: none is torn, lost
/// or doubled.
fn rotate_under(buffer: usize) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probes: Vec<Probe> = (0..4).map(|_| Probe::buffered(&log, buffer)).collect();
    for round in 0..10 {
        for (writer, probe) in probes.iter_mut().enumerate() {
            probe.send(&format!("many p{writer}r{round} 5000"));
        }
        fs::rename(&log, folder.path().join(format!("log.{round}"))).unwrap();
        for probe in &mut probes {
            probe.send("reopen");
        }
        for probe in &mut probes {
            assert_eq!(probe.answer(), "done");
            assert_eq!(probe.answer(), "done");
        }
    }
    drop(probes);
    let logs = harness::logs(folder.path());
    let counts = checked(&logs);
    assert_eq!((logs.len(), counts.len()), (11, 40));
    assert!(counts.values().all(|count| *count == 5000), "{counts:?}");
}

#[test]
fn threads_do_not_tear_each_others_records() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell("threads 8 5000");
    let counts = checked(&[log]);
    assert_eq!(counts.len(), 8);
    assert!(counts.values().all(|count| *count == 5000), "{counts:?}");
}

#[test]
fn a_renamed_file_is_noticed_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let (log, old) = (folder.path().join("log"), folder.path().join("old"));
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("log info before");
    fs::rename(&log, &old).unwrap();
    until("a record makes the new file", || {
        probe.ask("log info after");
        log.exists()
    });
    assert_eq!(messages(&log), ["after"]);
    fs::remove_file(&log).unwrap();
    until("a tick makes it, too", || {
        probe.tell("tick");
        log.exists()
    });
}

#[test]
fn a_record_goes_to_the_file_of_the_day() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (folder.path().join("log"), folder.path().join("other"));
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("log info one");
    probe.tell(&format!("file {}", other.display()));
    probe.ask("log info two");
    let error = probe.ask("file /nowhere/log");
    assert!(error.contains("/nowhere/log"), "{error}");
    probe.ask("log info three");
    assert_eq!(messages(&log), ["one"]);
    assert_eq!(messages(&other), ["two", "three"]);
}

#[test]
fn the_old_file_stays_when_the_new_one_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (log, old) = (folder.path().join("log"), folder.path().join("old"));
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("log info before");
    fs::rename(&log, &old).unwrap();
    fs::create_dir(&log).unwrap();
    let error = probe.ask("reopen");
    assert!(error.contains("it is not a regular file"), "{error}");
    let notice = "the log goes on in the file that was there before";
    until("the log says so", || {
        probe.ask("log info after");
        messages(&old)
            .iter()
            .any(|message| message.contains(notice))
    });
    let second = fs::metadata(&old).unwrap().mtime();
    until("the next second", || {
        probe.ask("log info after");
        fs::metadata(&old).unwrap().mtime() > second + 1
    });
    assert_eq!(
        messages(&old)
            .iter()
            .filter(|message| message.contains(notice))
            .count(),
        1
    );
    fs::remove_dir(&log).unwrap();
    until("the new file is taken", || {
        probe.ask("log info back");
        log.exists()
    });
    assert_eq!(messages(&log).last().unwrap(), "back");
}

#[test]
fn after_a_chroot_the_log_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (log, old) = (folder.path().join("log"), folder.path().join("old"));
    let jail = folder.path().join("jail");
    fs::create_dir(&jail).unwrap();
    let command = &mut Command::new(Probe::path());
    let command = command
        .arg(&log)
        .args(["full", "debug"])
        .env("TZ", "America/New_York");
    let mut probe = Probe::spawn(command);
    probe.ask("log info before");
    probe.tell(&format!("chroot {}", jail.display()));
    probe.ask("log info inside");
    fs::rename(&log, &old).unwrap();
    probe.tell("reopen");
    probe.ask("log info anew");
    let zone = |line: &str| line.split_once(' ').unwrap().0[26..].to_owned();
    let (old, new) = (harness::lines(&old), harness::lines(&log));
    assert!(old[1].ends_with("inside") && new[0].ends_with("anew"));
    assert!(
        ["-05:00", "-04:00"].contains(&zone(&old[0]).as_str()),
        "{old:?}"
    );
    assert_eq!(zone(&old[0]), zone(&new[0]));
    assert_eq!(fs::read_dir(&jail).unwrap().count(), 0);
}

/// Three processes, which notice the size once a second, rotate one log between them.
#[test]
fn a_log_rotates_itself_by_size() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
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
    let rotated = |number: u32| folder.path().join(format!("log.{number}"));
    let mut round = 0;
    until("it is rotated twice", || {
        for (number, probe) in probes.iter_mut().enumerate() {
            probe.tell(&format!("many p{number}r{round} 200"));
        }
        round += 1;
        rotated(2).exists()
    });
    drop(probes);
    let logs = harness::logs(folder.path());
    let counts = checked(&logs);
    assert_eq!((logs.len(), counts.len()), (3, 3 * round));
    assert!(counts.values().all(|count| *count == 200), "{counts:?}");
    assert!(fs::metadata(rotated(1)).unwrap().len() >= 20000);
}

#[test]
fn no_more_old_files_stay_than_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(Probe::path());
    command
        .arg(&log)
        .args(["seed", "debug"])
        .env("PROBE_ROTATE", "1")
        .env("PROBE_KEEP", "3");
    let mut probe = Probe::spawn(&mut command);
    let mut number = 0;
    until("the first of the records is gone", || {
        probe.ask(&format!("log info {number}"));
        number += 1;
        let oldest = folder.path().join("log.3");
        oldest.exists() && messages(&oldest)[0] != "0"
    });
    assert_eq!(harness::logs(folder.path()).len(), 4);
}

/// Each old file has some 1,020 bytes: three of them are more than 3,000.
#[test]
fn old_files_have_no_more_bytes_than_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(Probe::path());
    command
        .arg(&log)
        .args(["seed", "debug"])
        .env("PROBE_ROTATE", "1000")
        .env("PROBE_KEEP", "9,3000");
    let mut probe = Probe::spawn(&mut command);
    let mut rotations = 0;
    let (old, mut newest) = (|number| folder.path().join(format!("log.{number}")), 0);
    until("it has been rotated four times", || {
        if fs::metadata(&log).is_ok_and(|log| log.len() < 1000) {
            probe.ask(&format!("log info {}", "x".repeat(1000)));
        }
        // A second later this one rotates it.
        probe.tell("tick");
        let inode = fs::metadata(old(1)).map_or(0, |file| file.ino());
        rotations += u32::from(inode != newest);
        newest = inode;
        rotations == 4
    });
    assert!(old(2).exists() && !old(3).exists());
}

#[test]
fn old_files_are_compressed_but_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(Probe::path());
    command
        .arg(&log)
        .args(["seed", "debug"])
        .env("PROBE_ROTATE", "1")
        .env("PROBE_KEEP", "9,gz");
    let mut probe = Probe::spawn(&mut command);
    let old = |number: u32, end: &str| folder.path().join(format!("log.{number}{end}"));
    let mut number = 0;
    until("two files are compressed", || {
        probe.ask(&format!("log info {number}"));
        number += 1;
        old(2, ".gz").exists() && old(3, ".gz").exists()
    });
    drop(probe);
    // From the oldest on, all records are there.
    let mut all = String::new();
    for number in (2..9).rev().filter(|number| old(*number, ".gz").exists()) {
        assert!(!old(number, "").exists());
        let text = Command::new("gzip")
            .arg("-dc")
            .arg(old(number, ".gz"))
            .output()
            .unwrap();
        assert!(text.status.success());
        all += std::str::from_utf8(&text.stdout).unwrap();
    }
    for rest in [old(1, ""), log] {
        all += &fs::read_to_string(rest).unwrap();
    }
    let messages = all
        .lines()
        .map(|line| line.split_once(" : ").unwrap().1.parse::<u32>().unwrap());
    assert!(messages.eq(0..number), "{all}");
}

#[test]
fn a_log_rotates_itself_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
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
    assert_eq!(messages(&folder.path().join("log.1")), ["old"]);
    assert_eq!(messages(&log), ["new"]);
}

#[test]
fn logrotate_creates_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell("many a 1000");
    rotate(folder.path(), &log, "create");
    probe.tell("reopen");
    probe.tell("many b 1000");
    let counts = checked(&[log, folder.path().join("log.1")]);
    assert_eq!((counts["a"], counts["b"]), (1000, 1000));
}

/// `O_APPEND`: the next record is at the new end, so there is no hole of zeros before it.
#[test]
fn logrotate_truncates_without_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell("many a 1000");
    rotate(folder.path(), &log, "copytruncate");
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);
    probe.tell("many b 1000");
    assert_eq!(checked(&[log])["b"], 1000);
    assert_eq!(checked(&[folder.path().join("log.1")])["a"], 1000);
}

/// Forces a rotation of `log` with the real logrotate.
fn rotate(folder: &Path, log: &Path, how: &str) {
    let config = folder.join("logrotate.conf");
    fs::write(
        &config,
        format!("{} {{\n rotate 3\n {how}\n}}\n", log.display()),
    )
    .unwrap();
    let state = folder.join("state");
    let status = Command::new("logrotate")
        .arg("--force")
        .arg("--state")
        .args([&state, &config])
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "logrotate is missing or failed"
    );
}
