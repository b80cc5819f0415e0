//! The form of a record, and the filter.

use std::path::Path;
use std::process::Command;

use jiff::fmt::strtime;
use tests::require_programs;

use crate::probe::{Probe, lines, messages, run};

const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "fatal"];

#[test]
fn threshold_passes_its_level_and_above() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "seed", "off");
    let mut wanted = Vec::new();
    for (lowest, threshold) in LEVELS.iter().chain(&["off"]).enumerate() {
        probe.tell(&format!("level {threshold}"));
        assert_eq!(&probe.ask("level?"), threshold);
        for (severity, level) in LEVELS.iter().enumerate() {
            let passes = severity >= lowest;
            let answer = probe.ask(&format!("log {level} call {threshold} {level}"));
            assert_eq!(answer, passes.to_string(), "{level} at {threshold}");
            probe.tell(&format!("macro {level} macro {threshold} {level}"));
            if passes {
                wanted.push(format!("call {threshold} {level}"));
                wanted.push(format!("macro {threshold} {level}"));
            }
        }
        assert_eq!(probe.ask("log off never"), "false");
    }
    assert_eq!(messages(&log), wanted);
}

#[test]
fn target_has_a_level_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "seed", "warn,server=info,server::quiet=off");
    for target in ["server", "server::net", "server::quiet", "servers", "hyper"] {
        probe.tell(&format!("module {target} {target}"));
    }
    probe.tell("filter info,server=error");
    probe.tell("module hyper later");
    probe.tell("module server never");
    let error = probe.ask("filter server=loud");
    assert!(error.contains("`loud` is not a level"), "{error}");
    probe.tell("module hyper unchanged");
    assert_eq!(
        messages(&log),
        ["server", "server::net", "later", "unchanged"]
    );
}

#[test]
fn seed_format_is_the_seeds() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let before = jiff::Timestamp::now().as_second();
    let command = &mut Command::new(Probe::path());
    let mut probe = Probe::spawn(
        command
            .arg(&log)
            .args(["seed", "debug"])
            .env("TZ", "Asia/Kolkata"),
    );
    assert_eq!(probe.ask("log info   On tourne ! \t "), "true");
    assert_eq!(probe.ask("log info "), "true");
    let after = jiff::Timestamp::now().as_second();
    let india = jiff::tz::TimeZone::fixed(
        jiff::tz::offset(5).saturating_add(jiff::Span::new().minutes(30)),
    );
    let stamps: Vec<String> = (before - 1..=after)
        .map(|second| {
            let time = jiff::Timestamp::from_second(second)
                .unwrap()
                .to_zoned(india.clone());
            strtime::format("%b %-d %H:%M:%S", &time).unwrap()
        })
        .collect();
    for (line, message) in lines(&log).iter().zip(["On tourne !", ""]) {
        let (stamp, text) = line.split_once(" : ").unwrap();
        assert!(
            stamps.iter().any(|wanted| wanted == stamp),
            "{stamp} is not of {stamps:?}"
        );
        assert_eq!(text, message);
    }
}

#[test]
fn record_is_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "seed", "debug");
    probe.ask("raw <LF> a<LF>Nov 22 18:00:00 : forged <ESC>[2J <RLO> b<LF>");
    probe.ask("log info C:\\new \"quoted\" é 日本");
    assert_eq!(
        messages(&log),
        [
            r"a\nNov 22 18:00:00 : forged \x1b[2J \u{202e} b",
            "C:\\new \"quoted\" é 日本"
        ]
    );
}

#[test]
fn full_format_has_every_field() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "full", "debug");
    probe.tell("fields");
    probe.tell("threads 1 1");
    let lines = lines(&log);
    let (time, rest) = lines[0].split_once(' ').unwrap();
    let age =
        jiff::Timestamp::now().as_second() - time.parse::<jiff::Timestamp>().unwrap().as_second();
    assert!((0..=10).contains(&age), "{time}");
    assert_eq!(time.len(), "2026-03-07T18:57:08.123456+01:00".len());
    let pid = probe.pid();
    let fields = r#"port=80 name="a \"b\"" plain=word ratio=0.5 none="NaN" on=true"#;
    assert_eq!(
        rest,
        format!("WARN  [{pid} main] logs_on_command: with fields {fields}")
    );
    let thread = lines[1].split(['[', ' ', ']']).nth(5).unwrap();
    assert!(
        thread.parse::<u32>().is_ok_and(|number| number != pid),
        "{}",
        lines[1]
    );
}

#[test]
fn json_format_is_valid_json() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::start(&log, "json", "debug");
    probe.tell("fields");
    probe.ask("raw \"a\\b\"<LF><ESC><RLO> é");
    let records: Vec<serde_json::Value> = lines(&log)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [with_fields, raw] = &records[..] else {
        panic!("{records:?}")
    };
    assert!(
        with_fields["time"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    assert_eq!(with_fields["level"], "warn");
    assert_eq!(with_fields["pid"], probe.pid());
    assert_eq!(with_fields["thread"], "main");
    assert_eq!(with_fields["target"], "logs_on_command");
    assert_eq!(with_fields["message"], "with fields");
    let wanted = serde_json::json!({
        "port": 80, "name": "a \"b\"", "plain": "word", "ratio": 0.5, "none": "NaN", "on": true
    });
    assert_eq!(with_fields["fields"], wanted);
    assert_eq!(raw["message"], "\"a\\b\"\n\u{1b}\u{202e} é");
    assert_eq!(raw.get("fields"), None);
}

#[test]
fn pipe_gets_no_colours() {
    let mut probe = Command::new(Probe::path());
    let text = run(
        probe.args(["stderr", "seed", "debug"]).env("TERM", "xterm"),
        "log fatal dead\n",
    );
    assert!(
        text.ends_with(" : dead\n") && !text.contains('\x1b'),
        "{text:?}"
    );
}

#[test]
fn terminal_gets_colours_unless_disabled() {
    require_programs!("script");
    let on_terminal = |variable: &str| {
        let probe = format!(
            "echo log fatal dead | {variable} {} stderr full debug",
            Probe::path()
        );
        let mut script = Command::new("script");
        let output = script
            .args(["-qec", &probe, "/dev/null"])
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let text = on_terminal("");
    assert!(text.contains("\x1b[1;31mFATAL\x1b[0m"), "{text:?}");
    for without in ["NO_COLOR=1", "TERM=dumb"] {
        let text = on_terminal(without);
        assert!(
            text.contains(" FATAL [") && !text.contains('\x1b'),
            "{without}: {text:?}"
        );
    }
}

#[test]
fn journald_gets_priorities_and_no_time() {
    // The shell passes the device and inode of its stderr to the probe, as systemd does.
    let script = format!(
        "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec {} stderr seed trace",
        Probe::path()
    );
    let commands = LEVELS
        .map(|level| format!("log {level} {level}\n"))
        .concat();
    let text = run(Command::new("sh").args(["-c", &script]), &commands);
    assert_eq!(
        text,
        "<7>trace\n<7>debug\n<6>info\n<4>warn\n<3>error\n<2>fatal\n"
    );
    let other = run(
        Command::new(Probe::path())
            .args(["stderr", "seed", "trace"])
            .env("JOURNAL_STREAM", "1:1"),
        "log info x\n",
    );
    assert!(other.ends_with(" : x\n"), "{other}");
}

#[test]
fn record_needs_no_allocation() {
    let directory = tempfile::tempdir().unwrap();
    for format in ["seed", "full", "json"] {
        let log = directory.path().join(format);
        let mut probe = Probe::start(&log, format, "debug,elsewhere=trace");
        assert_eq!(probe.ask("allocations 1000"), "0", "{format}");
        assert_eq!(lines(&log).len(), 5 * 1001);
    }
}

/// The record is lost, and nothing stays locked.
#[test]
fn display_that_panics_loses_only_its_own_record() {
    with_and_without_a_buffer("fold", |probe, log| {
        probe.ask("log info before");
        probe.tell("panics");
        assert_eq!(probe.ask("log error after"), "true");
        assert_eq!(messages(log), ["before", "after"]);
    });
}

#[test]
fn display_that_logs_is_allowed() {
    with_and_without_a_buffer("all", |probe, log| {
        probe.ask("log info first");
        probe.tell("nested");
        probe.tell("flush");
        assert_eq!(messages(log), ["first", "inner", "outer shown"]);
    });
}

/// Also longer than any buffer, and in their order.
#[test]
fn record_of_any_length_is_written() {
    let lengths = [1, 2000, 2030, 2031, 2032, 2048, 4096, 70_000, 10_000_000];
    with_and_without_a_buffer("all", |probe, log| {
        for length in lengths {
            assert_eq!(probe.ask(&format!("long {length}")), "true");
        }
        assert_eq!(probe.ask("log error end"), "true");
        let written: Vec<usize> = messages(log).iter().map(String::len).collect();
        assert_eq!(written, [&lengths[..], &[3]].concat());
    });
}

/// All of the logger's states that could be left in the middle of something are in use.
fn with_and_without_a_buffer(repeats: &str, attack: impl Fn(&mut Probe, &Path)) {
    for buffer in ["0", "8192"] {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new(Probe::path());
        command.arg(&log).args(["seed", "debug"]);
        command
            .env("PROBE_BUFFER", buffer)
            .env("PROBE_LIMIT", "100/1s")
            .env("PROBE_REPEATS", repeats);
        attack(&mut Probe::spawn(&mut command), &log);
    }
}

#[test]
fn level_set_concurrently_stays_consistent() {
    let directory = tempfile::tempdir().unwrap();
    let mut probe = Probe::start(&directory.path().join("log"), "seed", "debug");
    assert_eq!(probe.ask("levels 20000"), "0");
    probe.tell("level off");
    assert_eq!(probe.ask("log fatal unwritten"), "false");
    probe.tell("macro fatal unwritten");
    probe.tell("level fatal");
    probe.tell("macro error unwritten");
    probe.tell("macro fatal written");
    assert_eq!(messages(&directory.path().join("log")), ["written"]);
}
