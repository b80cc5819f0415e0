//! The daemon's log by its keys, and the records that a dead daemon leaves.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use tests::support::{NOBODY, Running, Sandbox, until};

/// The staging files of the log.
fn staged(sandbox: &Sandbox) -> usize {
    let names = fs::read_dir(sandbox.directory()).unwrap();
    names
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().contains(".log.stage.")
        })
        .count()
}

#[test]
fn status_recovers_records_of_a_killed_daemon() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["start", "--log-buffer", "64K"]).exits(0);
    let daemon = sandbox.daemon();
    daemon.signal(Signal::KILL);
    assert!(until(|| daemon.has_ended().then_some(())).is_some());
    assert_eq!(staged(&sandbox), 1);
    let _ = sandbox.verb(&["status"]).exits(1);
    assert_eq!((sandbox.count("on_start"), staged(&sandbox)), (1, 0));
}

#[test]
fn stop_recovers_records_of_the_daemon_it_kills() {
    let sandbox = Sandbox::scripted();
    let hangs = sandbox.path("hangs");
    let script = format!("run log late\nrun touch {}\nrun hang", hangs.display());
    sandbox.script(&script);
    let other = sandbox.path("other.log");
    let place = other.to_str().unwrap();
    let start = ["start", "--log-buffer", "64K", "--log-file", place];
    let _ = sandbox.verb(&start).exits(0);
    assert!(until(|| hangs.exists().then_some(())).is_some());
    let stop = ["stop", "--stop-timeout", "100ms"];
    let _ = sandbox.verb(&stop).exits(0).says("killed");
    assert_eq!(
        fs::read_to_string(other)
            .unwrap()
            .matches(" : late")
            .count(),
        1
    );
    let left = fs::read_dir(sandbox.directory()).unwrap();
    assert!(
        left.flatten()
            .all(|entry| !entry.file_name().to_string_lossy().contains(".stage."))
    );
}

#[test]
fn log_is_rotated_by_the_daemon() {
    let sandbox = Sandbox::scripted();
    let start = ["start", "--log-rotate", "100", "--log-keep", "2"];
    let _ = sandbox.verb(&start).exits(0);
    let rotated = until(|| {
        let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
        sandbox.path("scripted.log.2").exists().then_some(())
    });
    assert!(rotated.is_some());
    sandbox.stop();
}

#[test]
fn storms_of_records_are_limited_and_counted() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start log same\non_start log same\non_start log same");
    let start = ["start", "--log-repeats", "fold", "--log-limit", "2/1h"];
    let _ = sandbox.verb(&start).exits(0);
    sandbox.stop();
    assert_eq!(sandbox.count("same"), 1);
    assert_eq!(sandbox.count("last message repeated"), 1);
    assert_eq!(
        sandbox.count("suppressed 1 more from"),
        1,
        "{}",
        sandbox.log()
    );
}

#[test]
fn invalid_values_are_refused_by_name() {
    let sandbox = Sandbox::scripted();
    for (option, value) in [
        ("--log-buffer", "64k"),
        ("--log-buffer", "1G"),
        ("--log-rotate", "weekly"),
        ("--log-keep", "many"),
        ("--log-limit", "0/1s"),
        ("--log-repeats", "some"),
        ("--log-file", "syslog"),
        ("--log-file", "syslog-rfc5424"),
        ("--pid-file", "-"),
        ("--log-file", "-"),
    ] {
        let failed = sandbox.verb(&["start", option, value]).exits(2);
        let _ = failed.complains(option).complains(value);
    }
    sandbox.assert_nothing_left();
}

#[test]
fn log_to_syslog_writes_no_file() {
    let sandbox = Sandbox::scripted();
    let socket = sandbox.path("syslogd");
    let syslogd = UnixDatagram::bind(&socket).unwrap();
    let place = format!("syslog:{}", socket.display());
    let option = ["--log-file", place.as_str()];
    let _ = sandbox.verb(&[&["start"], &option[..]].concat()).exits(0);
    let mut record = [0; 4096];
    let length = syslogd.recv(&mut record).unwrap();
    let record = String::from_utf8_lossy(&record[..length]);
    assert!(
        record.starts_with('<') && record.contains(" scripted["),
        "{record}"
    );
    let _ = sandbox.verb(&["status"]).exits(0).says(&place);
    let _ = sandbox.verb(&["logs"]).exits(1).complains("syslogd");
    sandbox.stop();
    assert!(!sandbox.log_file().exists());
    let failed = sandbox
        .verb(&["start", "--log-file", "syslog:here"])
        .exits(2);
    let _ = failed.complains("not absolute");
}

/// The kernel sends SIGXFSZ, which by default kills, to a process that writes beyond the limit.
#[test]
fn file_size_limit_costs_records_and_not_the_daemon() {
    let sandbox = Sandbox::scripted();
    // The unit is 512 bytes.
    fs::write(sandbox.log_file(), "x\n".repeat(4096)).unwrap();
    let _ = sandbox.shell("ulimit -f 16; \"$D\" start").exits(0);
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
    let _ = sandbox.verb(&["reload"]).exits(0);
    let _ = sandbox.verb(&["status"]).exits(0);
    assert_eq!(sandbox.count("on_start"), 0);
    fs::write(sandbox.log_file(), "").unwrap();
    sandbox.stop();
    assert_eq!(
        sandbox.count("records lost: File too large"),
        1,
        "{}",
        sandbox.log()
    );
}

/// A file of tzfile(5), version 3, with one local time that its rules replace.
fn zone_file(rules: &str) -> Vec<u8> {
    let mut block = [0; 51];
    block[..5].copy_from_slice(b"TZif3");
    // The numbers of local times and of characters of their names.
    (block[39], block[43]) = (1, 1);
    [&block[..], &block, format!("\n{rules}\n").as_bytes()].concat()
}

#[test]
fn reload_reads_the_time_zone_again() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start log here");
    let zone = sandbox.path("zone");
    fs::write(&zone, zone_file("<+0530>-5:30")).unwrap();
    let mut start = sandbox.command(&["start", "--log-format", "full"]);
    start.env("TZ", format!(":{}", zone.display()));
    let _ = Running::begin(start).finish().exits(0);
    fs::write(&zone, zone_file("CET-1")).unwrap();
    let _ = sandbox.verb(&["reload"]).exits(0);
    let log = sandbox.log();
    let mut here = log.lines().filter(|line| line.ends_with(": here"));
    for offset in ["+05:30 ", "+01:00 "] {
        assert!(
            here.next().is_some_and(|line| line.contains(offset)),
            "{log}"
        );
    }
    sandbox.stop();
}

#[test]
fn unreadable_time_zone_is_logged() {
    let sandbox = Sandbox::scripted();
    let mut start = sandbox.command(&["start"]);
    start.env("TZ", "No/Where");
    let _ = Running::begin(start).finish().exits(0);
    let text = "cannot read the time zone TZ=No/Where; times are in UTC";
    assert_eq!(sandbox.count(text), 1, "{}", sandbox.log());
    sandbox.stop();
}

#[test]
fn log_below_a_name_that_is_not_utf_8_is_read_by_the_verbs() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    sandbox.script("on_start log hello");
    let home = sandbox.directory().join(OsStr::from_bytes(b"\xff"));
    let verb = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command.env_remove(sandbox.variable("LOG_FILE"));
        command.env("XDG_STATE_HOME", &home);
        Running::begin(command).finish()
    };
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let _ = verb(&["start", "--log-buffer", "64K"]).exits(0);
    let daemon = sandbox.daemon();
    let _ = verb(&["logs"]).exits(0).says("");
    let inexact = "\"log_file_is_exact\":false";
    let _ = verb(&["status", "--json"]).exits(0).says(inexact);
    daemon.signal(Signal::KILL);
    assert!(until(|| daemon.has_ended().then_some(())).is_some());
    let _ = verb(&["status"]).exits(1);
    // The records that were buffered.
    let _ = verb(&["logs"]).exits(0).says(" : hello");
}

#[test]
fn log_whose_path_exceeds_the_state_page_is_read_by_its_option() {
    let sandbox = Sandbox::scripted();
    let directory = sandbox.path(&vec!["d".repeat(240); 9].join("/"));
    fs::create_dir_all(&directory).unwrap();
    let log = directory.join("log");
    let log = log.to_str().unwrap();
    let _ = sandbox.verb(&["start", "--log-file", log]).exits(0);
    let refused = sandbox.verb(&["logs"]).exits(1);
    let _ = refused.complains("too long for the state page; pass --log-file");
    let _ = sandbox.verb(&["status"]).exits(0).says("ddd…");
    let given = sandbox.verb(&["logs", "--log-file", log]).exits(0);
    let _ = given.says("on_start");
    sandbox.stop();
}
