//! Many writers on one file that moves.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use daemon_rt::logger::Logger;
use tests::support::eventually;
use tests::{require_programs, require_root};

use crate::probe::{self, Probe, checked, messages};

#[test]
fn log_mode_is_owner_and_group_only() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let _probe = Probe::start(&log, "seed", "debug");
    assert_eq!(
        fs::metadata(&log).unwrap().permissions().mode() & 0o7777,
        0o640
    );
}

#[test]
fn symlink_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let (log, victim) = (
        directory.path().join("log"),
        directory.path().join("victim"),
    );
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
fn rotation_loses_no_record() {
    rotate_under(0);
}

#[test]
fn rotation_with_a_buffer_loses_no_record() {
    rotate_under(65536);
}

/// Four processes log 50,000 records each while the file is renamed ten times: none is torn, lost
/// or doubled.
fn rotate_under(buffer: usize) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probes: Vec<Probe> = (0..4).map(|_| Probe::buffered(&log, buffer)).collect();
    for round in 0..10 {
        for (writer, probe) in probes.iter_mut().enumerate() {
            probe.send(&format!("many p{writer}r{round} 5000"));
        }
        fs::rename(&log, directory.path().join(format!("log.{round}"))).unwrap();
        for probe in &mut probes {
            probe.send("reopen");
        }
        for probe in &mut probes {
            assert_eq!(probe.answer(), "done");
            assert_eq!(probe.answer(), "done");
        }
    }
    drop(probes);
    let logs = probe::logs(directory.path());
    let counts = checked(&logs);
    assert_eq!((logs.len(), counts.len()), (11, 40));
    assert!(counts.values().all(|count| *count == 5000), "{counts:?}");
}

#[test]
fn records_of_threads_stay_whole() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell("threads 8 5000");
    let counts = checked(&[log]);
    assert_eq!(counts.len(), 8);
    assert!(counts.values().all(|count| *count == 5000), "{counts:?}");
}

#[test]
fn renamed_file_is_noticed_without_reopen() {
    let directory = tempfile::tempdir().unwrap();
    let (log, old) = (directory.path().join("log"), directory.path().join("old"));
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("log info before");
    fs::rename(&log, &old).unwrap();
    eventually("a record makes the new file", || {
        probe.ask("log info after");
        log.exists()
    });
    assert_eq!(messages(&log), ["after"]);
}

#[test]
fn set_file_moves_the_next_record() {
    let directory = tempfile::tempdir().unwrap();
    let (log, other) = (directory.path().join("log"), directory.path().join("other"));
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
fn old_file_stays_if_the_new_one_cannot_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let (log, old) = (directory.path().join("log"), directory.path().join("old"));
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("log info before");
    fs::rename(&log, &old).unwrap();
    fs::create_dir(&log).unwrap();
    let error = probe.ask("reopen");
    assert!(error.contains("it is not a regular file"), "{error}");
    let notice = "the log continues in the previous file";
    eventually("the log says so", || {
        probe.ask("log info after");
        messages(&old)
            .iter()
            .any(|message| message.contains(notice))
    });
    let second = fs::metadata(&old).unwrap().mtime();
    eventually("the next second", || {
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
    eventually("the new file is taken", || {
        probe.ask("log info back");
        log.exists()
    });
    assert_eq!(messages(&log).last().unwrap(), "back");
}

#[test]
fn log_after_chroot_goes_on_where_it_was() {
    require_root!("change its root");
    let directory = tempfile::tempdir().unwrap();
    let (log, old) = (directory.path().join("log"), directory.path().join("old"));
    let jail = directory.path().join("jail");
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
    let (old, new) = (probe::lines(&old), probe::lines(&log));
    assert!(old[1].ends_with("inside") && new[0].ends_with("anew"));
    assert!(
        ["-05:00", "-04:00"].contains(&zone(&old[0]).as_str()),
        "{old:?}"
    );
    assert_eq!(zone(&old[0]), zone(&new[0]));
    assert_eq!(fs::read_dir(&jail).unwrap().count(), 0);
}

/// A planted link is also refused inside the new root.
#[test]
fn symlink_after_chroot_is_refused() {
    require_root!("change its root");
    let directory = tempfile::tempdir().unwrap();
    let (log, victim) = (
        directory.path().join("log"),
        directory.path().join("victim"),
    );
    let jail = directory.path().join("jail");
    fs::create_dir(&jail).unwrap();
    fs::write(&victim, "precious\n").unwrap();
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell(&format!("chroot {}", jail.display()));
    fs::rename(&log, directory.path().join("old")).unwrap();
    fs::hard_link(&victim, &log).unwrap();
    let error = probe.ask("reopen");
    assert!(error.contains("refusing"), "{error}");
    probe.ask("log info kept");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious\n");
    assert_eq!(
        messages(&directory.path().join("old")).last().unwrap(),
        "kept"
    );
}

/// With its buffer and its rotation, which are also files in the directory.
#[test]
fn directory_removed_and_created_again_gets_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("home");
    fs::create_dir(&home).unwrap();
    let log = home.join("log");
    let mut command = Command::new(Probe::path());
    command
        .arg(&log)
        .args(["seed", "debug"])
        .env("PROBE_BUFFER", "65536")
        .env("PROBE_ROTATE", "1");
    let mut probe = Probe::spawn(&mut command);
    probe.ask("log error before");
    fs::remove_dir_all(&home).unwrap();
    fs::create_dir(&home).unwrap();
    eventually("the log is there again", || {
        probe.ask("log error after");
        log.exists()
    });
    eventually("it is rotated", || {
        probe.ask("log error again");
        home.join("log.1").exists()
    });
    probe.ask("log info held");
    let stage = home.join(format!("log.stage.{}", probe.pid()));
    assert!(stage.exists());
    probe.kill();
    Logger::recover(&log).unwrap();
    assert_eq!(messages(&log).last().unwrap(), "held");
}

#[test]
fn logrotate_creates_a_new_file() {
    require_programs!("logrotate");
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.tell("many a 1000");
    rotate(directory.path(), &log, "create");
    probe.tell("reopen");
    probe.tell("many b 1000");
    let counts = checked(&[log, directory.path().join("log.1")]);
    assert_eq!((counts["a"], counts["b"]), (1000, 1000));
}

/// `O_APPEND`: the next record is at the new end, so there is no hole of zeros before it.
#[test]
fn logrotate_truncates_without_a_hole() {
    require_programs!("logrotate");
    for buffer in [0, 65536] {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut probe = Probe::buffered(&log, buffer);
        probe.tell("many a 1000");
        probe.tell("flush");
        rotate(directory.path(), &log, "copytruncate");
        assert_eq!(fs::metadata(&log).unwrap().len(), 0);
        probe.tell("many b 1000");
        probe.kill();
        Logger::recover(&log).unwrap();
        assert_eq!(checked(&[log])["b"], 1000);
        assert_eq!(checked(&[directory.path().join("log.1")])["a"], 1000);
    }
}

/// Forces a rotation of `log` with the real logrotate.
fn rotate(directory: &Path, log: &Path, how: &str) {
    let config = directory.join("logrotate.conf");
    fs::write(
        &config,
        format!("{} {{\n rotate 3\n {how}\n}}\n", log.display()),
    )
    .unwrap();
    let state = directory.join("state");
    let status = Command::new("logrotate")
        .arg("--force")
        .arg("--state")
        .args([&state, &config])
        .status();
    assert!(status.unwrap().success(), "logrotate failed");
}

/// Only root may read it then; CI also runs this as an ordinary user.
#[test]
fn write_only_log_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let set_mode = |mode| fs::set_permissions(&log, Permissions::from_mode(mode)).unwrap();
    fs::write(&log, "").unwrap();
    for buffer in [0, 8192] {
        set_mode(0o200);
        let mut probe = Probe::buffered(&log, buffer);
        probe.ask("log info there");
        probe.kill();
        Logger::recover(&log).unwrap();
        set_mode(0o600);
    }
    assert_eq!(messages(&log), ["there", "there"]);
}
