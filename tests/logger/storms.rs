//! Storms of records are limited, and the dropped records are counted.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use tests::support::eventually;

use crate::probe::{Probe, messages};

fn start(log: &Path, variable: &str, value: &str) -> Probe {
    let mut command = Command::new(Probe::path());
    command.arg(log).args(["seed", "debug"]);
    Probe::spawn(command.env(variable, value))
}

/// How many messages begin so.
fn count(log: &Path, beginning: &str) -> usize {
    let messages = messages(log);
    let begin = messages.iter().filter(|text| text.starts_with(beginning));
    begin.count()
}

/// The first number of each message that contains `text`.
fn numbers(log: &Path, text: &str) -> Vec<u64> {
    let all = messages(log);
    let told = all.iter().filter(|message| message.contains(text));
    told.map(|message| {
        message
            .split(' ')
            .find_map(|word| word.parse().ok())
            .unwrap()
    })
    .collect()
}

#[test]
fn repeats_are_folded_into_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "PROBE_REPEATS", "fold");
    for (text, count) in [("same", 1000), ("other", 1), ("same", 2)] {
        for _ in 0..count {
            probe.tell(&format!("macro info {text}"));
        }
    }
    // Of another level, it is another record.
    probe.tell("macro warn same");
    drop(probe);
    let told = numbers(&log, " times");
    let texts = messages(&log);
    let texts: Vec<_> = texts
        .iter()
        .filter(|text| !text.starts_with("last"))
        .collect();
    assert_eq!(texts, ["same", "other", "same", "same"]);
    let once = messages(&log)
        .iter()
        .filter(|text| *text == "last message repeated once")
        .count();
    assert_eq!(
        told.iter().sum::<u64>() + u64::try_from(once).unwrap(),
        999 + 1
    );
}

#[test]
fn repeats_at_the_end_are_logged_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "PROBE_REPEATS", "fold");
    (0..5).for_each(|_| probe.tell("macro info same"));
    assert!(probe.end().success());
    assert!(
        messages(&log)
            .last()
            .unwrap()
            .starts_with("last message repeated ")
    );
}

#[test]
fn call_site_has_a_limit_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "PROBE_LIMIT", "10/1h");
    probe.tell("threads 4 1000");
    probe.tell("macro warn from another line");
    assert!(probe.end().success());
    let written = count(&log, "t");
    let refused = numbers(&log, "suppressed ");
    assert_eq!((written, refused), (10, vec![3990]));
    assert!(messages(&log).contains(&"from another line".to_owned()));
}

#[test]
fn refused_records_are_counted_after_the_interval() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "PROBE_LIMIT", "10/1s");
    probe.tell("many a 1000");
    eventually("the log says so", || {
        probe.ask("log info another");
        !numbers(&log, "suppressed ").is_empty()
    });
    let written = count(&log, "a ");
    let refused: u64 = numbers(&log, "suppressed ").iter().sum();
    assert_eq!(u64::try_from(written).unwrap() + refused, 1000);
}

/// A child begins with no counts: its parent reports its own.
#[test]
fn forked_child_counts_its_own_records() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = start(&log, "PROBE_LIMIT", "10/1s");
    probe.tell("many a 1000");
    let end = SystemTime::now() + Duration::from_millis(1100);
    eventually("the second is over", || SystemTime::now() > end);
    assert_eq!(probe.ask("forks 3 0"), "0");
    assert!(probe.end().success());
    let written = count(&log, "a ");
    let refused: u64 = numbers(&log, "suppressed ").iter().sum();
    assert_eq!(u64::try_from(written).unwrap() + refused, 1000);
}
