//! Records of a forked child, and of its parent meanwhile.

use daemon_rt::logger::Logger;

use crate::probe::{self, Probe, messages};

#[test]
fn child_forked_while_others_log_can_log() {
    fork_storm(0);
}

#[test]
fn forked_child_has_a_buffer_of_its_own() {
    fork_storm(65536);
}

fn fork_storm(buffer: usize) {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let mut probe = Probe::buffered(&log, buffer);
    assert_eq!(probe.ask("forks 300 3"), "0");
    assert!(probe.end().success());
    Logger::recover(&log).unwrap();
    probe::logs(directory.path());
    let mut of_children: Vec<String> = messages(&log);
    of_children.retain(|message| message.starts_with("child "));
    assert_eq!(of_children.len(), 600);
    of_children.sort_unstable();
    of_children.dedup();
    assert_eq!(of_children.len(), 600);
}

/// The number of a process and of its thread are not its parent's.
#[test]
fn forked_child_logs_its_own_process_id() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
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
