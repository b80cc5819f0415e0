//! Records in the syslogds that Debian has, beside the same record of logger(1).

use std::process::{Command, Stdio};

use tests::support::{
    is_installed, namespaces_or_skip, program_or_skip, root_or_skip, skip_unsupported,
};

use crate::probe::Probe;

const NAMESPACES: &str = "--mount --pid --fork --kill-child --mount-proc --propagation private";

/// Returns the records of the probe and of logger(1), two before a restart of the syslogd and two
/// after. Each number is an N, because the pids and the times differ.
fn records(kind: &str, program: &str, target: &str) -> Option<Vec<String>> {
    let can_run = root_or_skip("run a syslogd on /dev/log")
        && namespaces_or_skip(NAMESPACES)
        && program_or_skip("logger")
        && syslogd_or_skip(program);
    if !can_run {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(NAMESPACES.split(' ')).args(["sh", "-c"]);
    command.args([include_str!("syslogds.sh"), "syslogds.sh", kind]);
    command.arg(directory.path()).args([&Probe::path(), target]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let log = std::fs::read_to_string(directory.path().join(format!("{kind}.output")));
    assert!(output.status.success(), "{output:?} {log:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

/// True if the syslogd is installed. Two of them conflict, so a machine lacks at least one.
fn syslogd_or_skip(program: &str) -> bool {
    let may_lack = ["rsyslogd", "syslog-ng"].contains(&program);
    if may_lack && !is_installed(program) {
        skip_unsupported(&format!("{program} is not installed"));
        return false;
    }
    program_or_skip(program)
}

/// Writes N for each number.
fn without_numbers(record: &str) -> String {
    let mut text = String::new();
    for character in record.chars() {
        match character {
            '0'..='9' if text.ends_with('N') => {}
            '0'..='9' => text.push('N'),
            other => text.push(other),
        }
    }
    text
}

fn assert_alike(kind: &str, program: &str) {
    let Some(records) = records(kind, program, "syslog:/dev/log") else {
        return;
    };
    let forms: Vec<String> = records
        .iter()
        .map(|record| without_numbers(record))
        .collect();
    assert_eq!(forms.len(), 4, "{records:#?}");
    assert!(forms[0].contains("probe"), "{records:#?}");
    assert!(forms.iter().all(|form| *form == forms[0]), "{records:#?}");
}

#[test]
fn rsyslog_reads_a_record_as_that_of_logger() {
    assert_alike("rsyslog", "rsyslogd");
}

#[test]
fn busybox_reads_a_record_as_that_of_logger() {
    assert_alike("busybox", "busybox");
}

#[test]
fn syslog_ng_reads_a_record_of_either_socket_as_that_of_logger() {
    assert_alike("syslog-ng-dgram", "syslog-ng");
    assert_alike("syslog-ng-stream", "syslog-ng");
}

#[test]
fn journald_reads_a_record_as_that_of_logger() {
    let Some(records) = records(
        "journald",
        "/lib/systemd/systemd-journald",
        "syslog:/dev/log",
    ) else {
        return;
    };
    let field = |record: &String, name: &str| {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        record[name].as_str().unwrap_or_default().to_owned()
    };
    let names = [
        "SYSLOG_IDENTIFIER",
        "SYSLOG_FACILITY",
        "PRIORITY",
        "MESSAGE",
    ];
    assert_eq!(records.len(), 4, "{records:#?}");
    for record in &records {
        assert_eq!(
            names.map(|name| field(record, name)),
            ["probe", "3", "6", "two words"]
        );
        assert!(!field(record, "SYSLOG_PID").is_empty(), "{record}");
    }
}
