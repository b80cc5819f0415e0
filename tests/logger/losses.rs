//! Records that a dying process, a fork or a full disk could cost.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::probe::{self, AGE, Probe, checked, messages};
use daemon_rt::logger::recover;
use rustix::process::{Resource, Rlimit, prlimit};
use tests::require_root;
use tests::support::{DEADLINE, eventually, until, until_within};

const ENDS: [&str; 6] = ["return", "exit", "panic", "abort", "SIGTERM", "SIGKILL"];

#[test]
fn no_end_costs_a_record() {
    assert_eq!(lost_at_each_end(0), ENDS.map(|end| (end, 0)));
}

#[test]
fn no_end_costs_a_buffered_record() {
    assert_eq!(lost_at_each_end(65536), ENDS.map(|end| (end, 0)));
}

/// Of 1,000 records, how many are missing after each kind of end, and a recovery.
fn lost_at_each_end(buffer: usize) -> Vec<(&'static str, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let lost_at = |end: &&'static str| {
        let log = folder.path().join(end);
        let mut probe = Probe::buffered(&log, buffer);
        probe.tell("many x 1000");
        probe.send(&format!("end {end}"));
        drop(probe);
        recover(&log).unwrap();
        (*end, 1000 - checked(&[log])["x"])
    };
    let lost = ENDS.iter().map(lost_at).collect();
    probe::logs(folder.path());
    lost
}

/// Four processes of three threads each are killed while they log and the file is rotated: each
/// thread's records are there from the first to some last one, once each.
#[test]
fn a_kill_at_any_moment_leaves_neither_a_gap_nor_a_double() {
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut probes: Vec<Probe> = (0..4).map(|_| Probe::buffered(&log, 8192)).collect();
        for (number, probe) in probes.iter_mut().enumerate() {
            probe.send(&format!("threads 3 1000000 p{number}"));
        }
        eventually("they log", || {
            fs::metadata(&log).unwrap().len() > 100_000 * round
        });
        if round % 2 == 1 {
            fs::rename(&log, folder.path().join("log.1")).unwrap();
        }
        probes.into_iter().for_each(Probe::kill);
        recover(&log).unwrap();
        assert_eq!(recover(&log).unwrap(), 0);
        assert!(!checked(&probe::logs(folder.path())).is_empty());
    }
}

/// A record that is written beside the buffer cannot be completed after a kill: neither the one that
/// finds no room is, nor those of threads that come while the buffer is made.
#[test]
fn every_record_goes_through_the_buffer() {
    let (told, written) = probe::in_a_second(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
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
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("log");
            let mut probe = Probe::buffered(&log, 65536);
            probe.tell("threads 8 10 x");
            messages(&log)
        });
        assert_eq!(written, [""; 0], "round {round}");
    }
}

/// What a killed process left of a record whose rest nobody has, or a power cut: no other record is
/// glued to it, whoever comes first.
#[test]
fn behind_a_part_of_a_record_a_new_line_begins() {
    let long = "x".repeat(10_000);
    let written = probe::in_a_second(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
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
        recover(&log).unwrap();
        messages(&log)
    });
    let whole = ["at a start", "at a start", "in a batch", &long, "recovered"];
    let wanted: Vec<&str> = whole.iter().flat_map(|message| ["torn", message]).collect();
    assert_eq!(written, wanted);
}

/// A log that the process comes to later.
#[test]
fn behind_a_part_of_a_record_in_another_file_a_new_line_begins() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (folder.path().join("log"), folder.path().join("other"));
    for buffer in [0, 8192] {
        fs::write(&other, "Nov 28 17:05:05 : torn").unwrap();
        let mut probe = Probe::buffered(&log, buffer);
        probe.tell(&format!("file {}", other.display()));
        probe.ask("log error whole");
        assert_eq!(messages(&other), ["torn", "whole"]);
    }
}

/// Then `log`'s macros go to the other one, and the logger's own functions work.
#[test]
fn beside_another_logger_it_works_by_its_own_functions() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
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
    probe::logs(folder.path());
}

/// So many that some come before the log in their folder's order: whoever drains looks through the
/// folder, and must not let go of the lock that says that it lives.
#[test]
fn recovery_leaves_the_living_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
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
    assert_eq!(recover(&log).unwrap(), 10);
    assert_eq!(recover(&log).unwrap(), 0);
    assert!(living.into_iter().all(|probe| probe.end().success()));
    let counts = checked(&probe::logs(folder.path()));
    assert!((1..=deaths).all(|number| counts[&format!("dead{number}")] == 10));
    assert_eq!(counts.len(), 32 + deaths);
    assert!(
        (0..16).all(|number| counts[&format!("held{number}")] == 10),
        "{counts:?}"
    );
}

#[test]
fn a_start_recovers() {
    let folder = probe::in_a_second(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut dead = Probe::buffered(&folder.path().join("log"), 65536);
        dead.tell("many dead 10");
        dead.kill();
        folder
    });
    let log = folder.path().join("log");
    assert!(messages(&log).is_empty());
    // What is no staging file is in nobody's way.
    let odd: Vec<PathBuf> = (0..8)
        .map(|number| folder.path().join(format!("log.stage.500000{number}")))
        .collect();
    for odd in &odd {
        fs::create_dir(odd).unwrap();
    }
    let _next = Probe::buffered(&log, 0);
    for odd in &odd {
        fs::remove_dir(odd).unwrap();
    }
    assert_eq!(checked(&probe::logs(folder.path()))["dead"], 10);
}

#[test]
fn a_buffer_reaches_the_log_within_a_second_or_with_an_error() {
    // None when the machine was too slow to see a record wait.
    let attempt = || {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
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
fn without_a_thread_to_drain_it_there_is_no_buffer() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = Command::new(Probe::path());
    command.arg(&log).args(["seed", "debug"]);
    command.env("PROBE_BUFFER", "65536");
    // No thread has room for such a stack.
    let mut probe = Probe::spawn(command.env("RUST_MIN_STACK", (1_u64 << 60).to_string()));
    for number in 1..=2 {
        assert_eq!(probe.ask("log info at once"), "true");
        assert_eq!(messages(&log).len(), number);
        assert_eq!(probe::logs(folder.path()).len(), 1);
    }
}

#[test]
fn a_buffer_moves_with_its_log() {
    let folder = probe::in_a_second(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut probe = Probe::buffered(&folder.path().join("log"), 65536);
        probe.ask("log info one");
        probe.tell(&format!("file {}", folder.path().join("other").display()));
        probe.ask("log info two");
        probe.kill();
        folder
    });
    let (log, other) = (folder.path().join("log"), folder.path().join("other"));
    assert_eq!(messages(&log), ["one"]);
    assert_eq!((recover(&log).unwrap(), recover(&other).unwrap()), (0, 1));
    assert_eq!(messages(&other), ["two"]);
}

/// What somebody planted is neither believed nor removed.
#[test]
fn recovery_is_not_fooled() {
    let folder = tempfile::tempdir().unwrap();
    let (log, victim) = (folder.path().join("log"), folder.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, folder.path().join("log.stage.1")).unwrap();
    fs::hard_link(&victim, folder.path().join("log.stage.2")).unwrap();
    let others =
        ["log.stage.3", "log.stage.log", "log.stage.4.gz"].map(|name| folder.path().join(name));
    for other in &others {
        fs::write(other, [0xff; 9000]).unwrap();
    }
    assert_eq!(recover(&log).unwrap(), 0);
    assert!(others.iter().all(|other| other.exists()));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(!log.exists());
}

/// A staging file with `records`, all of them on their way to `log` from its beginning on.
fn planted(log: &Path, records: &[u8]) -> Vec<u8> {
    let meta = fs::metadata(log).unwrap();
    let magic = u64::from_be_bytes(*b"drtstg01");
    let length = u64::try_from(records.len()).unwrap();
    let words = [magic, 0, length, 1, meta.dev(), meta.ino(), 0];
    let mut file = words.map(u64::to_ne_bytes).concat();
    file.resize(4096, 0);
    [file, records.to_vec()].concat()
}

/// The inode of a log that is gone may be another process's staging file by now.
#[test]
fn a_staging_file_is_nobodys_log() {
    let folder = probe::in_a_second(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut living = Probe::buffered(&log, 65536);
        living.tell("many living 10");
        let stage = folder.path().join(format!("log.stage.{}", living.pid()));
        let record = b"Nov 28 17:05:05 : dead\n";
        fs::write(folder.path().join("log.stage.1"), planted(&stage, record)).unwrap();
        assert_eq!(recover(&log).unwrap(), 1);
        assert_eq!(recover(&log).unwrap(), 0);
        living.kill();
        folder
    });
    let log = folder.path().join("log");
    assert_eq!(messages(&log), ["dead"]);
    assert_eq!(recover(&log).unwrap(), 10);
}

/// A staging file whose every line is the log's, but for its last: to look for them all from each of the
/// log's lines on would take a quarter of an hour.
#[test]
fn recovery_is_not_kept_busy() {
    const LINES: usize = 4 << 20;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut dying = Probe::buffered(&log, 65536);
    dying.tell("many x 1");
    let stage = folder.path().join(format!("log.stage.{}", dying.pid()));
    dying.kill();
    fs::write(&log, "\n".repeat(2 * LINES)).unwrap();
    let records = [vec![b'\n'; LINES - 1], vec![b'x']].concat();
    fs::write(&stage, planted(&log, &records)).unwrap();
    let recovery = std::thread::spawn(move || recover(&log).unwrap());
    // It has work for a second or two.
    let long = 4 * DEADLINE;
    assert!(until_within(long, || recovery.is_finished().then_some(())).is_some());
    assert_eq!(recovery.join().unwrap(), 1);
    assert!(!stage.exists());
}

#[test]
fn a_child_may_log_although_it_was_forked_while_others_did() {
    fork_storm(0);
}

#[test]
fn a_forked_child_has_a_buffer_of_its_own() {
    fork_storm(65536);
}

fn fork_storm(buffer: usize) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::buffered(&log, buffer);
    assert_eq!(probe.ask("forks 300 3"), "0");
    assert!(probe.end().success());
    recover(&log).unwrap();
    probe::logs(folder.path());
    let mut of_children: Vec<String> = messages(&log);
    of_children.retain(|message| message.starts_with("child "));
    assert_eq!(of_children.len(), 600);
    of_children.sort_unstable();
    of_children.dedup();
    assert_eq!(of_children.len(), 600);
}

/// The number of a process and of its thread are not its parent's.
#[test]
fn a_forked_child_has_its_own_number() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = Probe::start(&log, "full", "debug");
    assert_eq!(probe.ask("forks 1 0"), "0");
    for line in probe::lines(&log) {
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

/// A probe whose log is on a tmpfs of 64 kB in a mount namespace of its own, with a stderr that
/// nobody reads; and the folder's path from outside.
fn on_small_disk(folder: &Path, buffer: usize) -> (Probe, PathBuf) {
    let script = format!(
        "mount -t tmpfs -o size=64k none {0} && exec {1} {0}/log seed debug",
        folder.display(),
        Probe::path(),
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .stderr(writer);
    let probe = Probe::spawn(unshare.env("PROBE_BUFFER", buffer.to_string()));
    let inside = format!("/proc/{}/root{}", probe.pid(), folder.display());
    (probe, PathBuf::from(inside))
}

fn fill(disk: &Path) -> PathBuf {
    let filler = disk.join("filler");
    let mut file = File::create(&filler).unwrap();
    assert!(std::io::copy(&mut std::io::repeat(b'x'), &mut file).is_err());
    filler
}

#[test]
fn a_full_disk_costs_no_record_that_the_buffer_holds() {
    // To others the root folder is nobody's in a namespace of their own, and so not trusted.
    require_root!("mount a small disk");
    let folder = tempfile::tempdir().unwrap();
    let (mut probe, disk) = on_small_disk(folder.path(), 8192);
    assert_eq!(probe.ask("log error 0"), "true");
    let filler = fill(&disk);
    let mut kept = 1;
    while probe.ask(&format!("log error {kept}")) == "true" {
        kept += 1;
    }
    assert_eq!(probe.ask("log error lost, too"), "false");
    fs::remove_file(&filler).unwrap();
    assert_eq!(probe.ask("log error after"), "true");
    let messages = messages(&disk.join("log"));
    let (held, rest) = messages.split_at(kept);
    assert!(
        held.iter()
            .enumerate()
            .all(|(number, message)| *message == number.to_string())
    );
    assert_eq!(rest, ["2 records lost: No space left on device", "after"]);
    assert!(kept > 300, "{kept}");
}

#[test]
fn a_full_disk_costs_records_only_while_it_is_full() {
    // To others the root folder is nobody's in a namespace of their own, and so not trusted.
    require_root!("mount a small disk");
    let folder = tempfile::tempdir().unwrap();
    let (mut probe, disk) = on_small_disk(folder.path(), 0);
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

/// The size that no file of a limited probe's exceeds: that of its staging file.
const LIMIT: usize = 4096 + 8192;

/// A log with room for some more records of a limited probe, the last of them in part.
fn nearly_full(log: &Path) {
    fs::write(log, format!("{}\n", "x".repeat(LIMIT - 101))).unwrap();
}

/// A probe with a buffer for which a log of `LIMIT` bytes is a full disk, until `let_grow`.
fn limited(log: &Path) -> Probe {
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

fn let_grow(probe: &Probe) {
    let pid = rustix::process::Pid::from_raw(probe.pid().cast_signed());
    let none = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, none).unwrap();
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
fn a_full_disk_makes_nobody_wait_who_buffers() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
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

#[test]
fn a_record_of_which_a_full_disk_took_all_but_the_newline_is_not_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (folder.path().join("log"), folder.path().join("other"));
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
        ["r0", "r1", "r2", "another's", "r3", "r4"]
    );
}

#[test]
fn a_buffer_that_a_full_disk_keeps_is_still_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut probe = torn(&log);
    probe.tell(&format!("file {}", log.display()));
    probe.ask("log info new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    let_grow(&probe);
    probe.tell("flush");
    assert!(probe.end().success());
    assert_eq!(whole(&[&log]), (0..10).collect::<Vec<u64>>());
}

#[test]
fn a_record_that_a_full_disk_tore_is_whole_in_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let (log, old) = (folder.path().join("log"), folder.path().join("log.1"));
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
fn a_record_that_a_full_disk_tore_is_completed_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (log, old) = (folder.path().join("log"), folder.path().join("log.1"));
    let probe = torn(&log);
    fs::rename(&log, &old).unwrap();
    fs::write(&log, "").unwrap();
    probe.kill();
    assert_eq!(recover(&log).unwrap(), 8);
    let all: Vec<u64> = (0..10).collect();
    assert_eq!(whole(&[&old, &log]), all);
}

#[test]
fn a_record_that_a_full_disk_tore_is_written_again_behind_what_others_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    for dies in [false, true] {
        let mut probe = torn(&log);
        let mut other = File::options().append(true).open(&log).unwrap();
        other.write_all(b" another's\n").unwrap();
        if dies {
            probe.kill();
            assert_eq!(recover(&log).unwrap(), 8);
        } else {
            let_grow(&probe);
            probe.tell("flush");
        }
        let all: Vec<u64> = (0..10).collect();
        assert_eq!(whole(&[&log]), all, "{dies}");
    }
}
