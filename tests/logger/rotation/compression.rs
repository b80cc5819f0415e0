//! Old files, compressed.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use daemon_rt::logger::Logger;
use tests::require_programs;
use tests::support::{eventually, until};

use super::{command, start};
use crate::probe::{self, Probe};

#[test]
fn old_files_but_the_newest_are_compressed() {
    require_programs!("gzip");
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "1", "9,gz");
    let old = |number: u32, end: &str| directory.path().join(format!("log.{number}{end}"));
    let mut number = 0;
    eventually("two files are compressed", || {
        probe.ask(&format!("log info {number}"));
        number += 1;
        old(2, ".gz").exists() && old(3, ".gz").exists()
    });
    drop(probe);
    assert_eq!(numbers(&log), (0..number).collect::<Vec<_>>());
}

/// The records, which are numbers, from the oldest on; no file is there both ways.
fn numbers(log: &Path) -> Vec<u32> {
    let old = |number: u32, end: &str| PathBuf::from(format!("{}.{number}{end}", log.display()));
    let mut all = String::new();
    for number in (1..10).rev() {
        let (plain, packed) = (old(number, ""), old(number, ".gz"));
        assert!(!plain.exists() || !packed.exists(), "{number}");
        if packed.exists() {
            let text = Command::new("gzip")
                .arg("-dc")
                .arg(packed)
                .output()
                .unwrap();
            assert!(text.status.success());
            all += std::str::from_utf8(&text.stdout).unwrap();
        } else if plain.exists() {
            all += &fs::read_to_string(plain).unwrap();
        }
    }
    all += &fs::read_to_string(log).unwrap();
    let number = |line: &str| line.split_once(" : ").unwrap().1.parse().unwrap();
    all.lines().map(number).collect()
}

/// A directory with a `gzip` that runs `script`.
fn fake_gzip(directory: &Path, script: &str) -> String {
    let bin = directory.join("bin");
    fs::create_dir(&bin).unwrap();
    let gzip = bin.join("gzip");
    fs::write(&gzip, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(gzip, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", bin.display())
}

/// The next rotations, each second, come before it is done.
#[test]
fn slow_compression_loses_no_record() {
    require_programs!("gzip");
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let path = fake_gzip(directory.path(), "sleep 1.5; exec /bin/gzip \"$@\"");
    let mut probe = Probe::spawn(command(&log, "1", "9,gz").env("PATH", path));
    let packed = |number: u32| directory.path().join(format!("log.{number}.gz")).exists();
    let mut number = 0;
    eventually("two files are compressed", || {
        probe.ask(&format!("log info {number}"));
        number += 1;
        (2..10).filter(|number| packed(*number)).count() >= 2
    });
    drop(probe);
    assert_eq!(numbers(&log), (0..number).collect::<Vec<_>>());
}

#[test]
fn compression_without_gzip_names_the_file_and_gzip() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut command = command(&log, "1", "3,gz");
    let mut probe = Probe::spawn(command.env("PATH", directory.path()));
    let wanted = format!("cannot compress {}.2: gzip is not in PATH", log.display());
    eventually("the log says so", || {
        probe.ask("log info more");
        let texts = ["log", "log.1", "log.2"].map(|name| directory.path().join(name));
        let mut texts = texts.iter().map(fs::read_to_string);
        texts.any(|text| text.is_ok_and(|text| text.contains(&wanted)))
    });
}

/// Where nobody may wait for children, as where a `waitpid(-1)` is faster, the result is judged.
#[test]
fn compression_works_with_ignored_sigchld() {
    require_programs!("gzip");
    for (gzip, is_packed) in [("exec /bin/gzip \"$@\"", true), ("echo half of it", false)] {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let ran = directory.path().join("ran");
        let path = fake_gzip(
            directory.path(),
            &format!("touch {}; {gzip}", ran.display()),
        );
        let mut env = Command::new("env");
        env.args(["--ignore-signal=CHLD", &Probe::path()])
            .arg(&log)
            .args(["seed", "debug"])
            .env("PATH", path)
            .env("PROBE_ROTATE", "1")
            .env("PROBE_KEEP", "3,gz");
        let mut probe = Probe::spawn(&mut env);
        let said = |what: &str| {
            let logs = ["log", "log.1", "log.2", "log.3"].map(|name| directory.path().join(name));
            let texts = logs.map(|log| fs::read_to_string(log).unwrap_or_default());
            texts.iter().any(|text| text.contains(what))
        };
        eventually(
            "the second file is compressed, or is said not to be",
            || {
                probe.ask("log info more");
                let packed =
                    ["log.2.gz", "log.3.gz"].map(|name| directory.path().join(name).exists());
                let failed = said("log.2: gzip: No child");
                assert!(!failed || !is_packed, "no child to wait for");
                assert!(!packed.contains(&true) || is_packed, "half of it is taken");
                ran.exists() && (failed || packed.contains(&true))
            },
        );
    }
}

/// The state after a SIGKILL between the write of a batch and the word that it is done: recovery
/// needs the file that the batch went to, so that must not be compressed before.
#[test]
fn compression_waits_for_recovery() {
    require_programs!("gzip");
    let directory = tempfile::tempdir().unwrap();
    let (log, other) = (directory.path().join("log"), directory.path().join("other"));
    let mut stage = probe::in_a_second(|| {
        let mut dying = Probe::buffered(&other, 65536);
        dying.tell("many dead 10");
        fs::read(
            directory
                .path()
                .join(format!("other.stage.{}", dying.pid())),
        )
        .unwrap()
    });
    fs::remove_file(&other).unwrap();
    let mut probe = start(&log, "1", "9,gz");
    let word = |at: usize| u64::from_ne_bytes(stage[at * 8..][..8].try_into().unwrap());
    let batch = stage[4096..][..usize::try_from(word(2)).unwrap()].to_vec();
    let file = fs::File::options()
        .append(true)
        .read(true)
        .open(&log)
        .unwrap();
    let (size, meta) = (file.metadata().unwrap().len(), file.metadata().unwrap());
    (&file).write_all(&batch).unwrap();
    for (at, value) in [(3, 1), (4, meta.dev()), (5, meta.ino()), (6, size)] {
        stage[at * 8..][..8].copy_from_slice(&value.to_ne_bytes());
    }
    fs::write(directory.path().join("log.stage.4000000"), &stage).unwrap();
    let named = |end: &str| -> Vec<PathBuf> {
        let paths = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.to_str().unwrap().ends_with(end))
            .collect()
    };
    eventually("others are compressed", || {
        probe.ask("log info more");
        named(".gz").len() >= 2
    });
    drop(probe);
    assert_eq!(Logger::recover(&log).unwrap(), 0);
    let compressed = Command::new("gzip")
        .arg("-dc")
        .args(named(".gz"))
        .output()
        .unwrap();
    let plain = (1..9).map(|number| directory.path().join(format!("log.{number}")));
    let mut all = compressed.stdout;
    plain
        .chain([log])
        .filter_map(|log| fs::read(log).ok())
        .for_each(|text| all.extend(text));
    let dead = String::from_utf8(all).unwrap();
    assert_eq!(dead.matches(" : dead ").count(), 10);
}

/// The first record of a process rotates, compression cannot begin, and says so in a record.
#[test]
fn compression_that_cannot_begin_blocks_no_thread() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    fs::write(&log, "x".repeat(200)).unwrap();
    let mut command = Command::new(Probe::path());
    command.arg(&log).args(["seed", "debug"]);
    command.envs([
        ("PROBE_ROTATE", "100"),
        ("PROBE_KEEP", "3,gz"),
        ("PROBE_BUFFER", "65536"),
    ]);
    // No thread has room for such a stack.
    let mut probe = Probe::spawn(command.env("RUST_MIN_STACK", (1_u64 << 60).to_string()));
    probe.send("log info one");
    let is_there = || fs::read_to_string(&log).is_ok_and(|text| text.contains(" : one\n"));
    let logged = until(|| is_there().then_some(()));
    probe.kill();
    assert!(logged.is_some());
}
