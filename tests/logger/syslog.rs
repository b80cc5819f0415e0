//! Records as syslogd gets them, on a socket of its kind.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use crate::probe::Probe;

fn listen(socket: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(socket).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket
}

fn receive(socket: &UnixDatagram) -> String {
    let mut datagram = vec![0; 1 << 20];
    let length = socket.recv(&mut datagram).unwrap();
    String::from_utf8(datagram[..length].to_vec()).unwrap()
}

/// The parts of a record: priority and version, time, host, name, pid, and the message behind the
/// two fields that are empty.
fn parts(record: &str) -> [&str; 6] {
    let mut parts = record.splitn(8, ' ');
    let mut part = || parts.next().unwrap_or_else(|| panic!("{record:?}"));
    let header = [part(), part(), part(), part(), part()];
    assert_eq!([part(), part()], ["-", "-"]);
    let [priority, time, host, name, pid] = header;
    [priority, time, host, name, pid, part()]
}

fn start(socket: &Path, format: &str) -> Probe {
    let place = format!("syslog:{}", socket.display());
    Probe::start(Path::new(&place), format, "trace")
}

#[test]
fn record_is_a_datagram_of_rfc_5424() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    let mut probe = start(&path, "seed");
    for (level, priority) in [
        ("debug", 31),
        ("info", 30),
        ("warn", 28),
        ("error", 27),
        ("fatal", 26),
    ] {
        assert_eq!(probe.ask(&format!("log {level} two words")), "true");
        let record = receive(&syslogd);
        let [first, time, host, name, pid, message] = parts(&record);
        assert_eq!(first, format!("<{priority}>1"));
        time.parse::<jiff::Timestamp>().unwrap();
        assert!(!host.is_empty() && host.is_ascii());
        assert_eq!((name, message), ("probe", "two words"));
        assert_eq!(pid, probe.pid().to_string());
    }
    assert_eq!(probe.ask("raw a<LF>b"), "true");
    assert_eq!(parts(&receive(&syslogd))[5], r"a\nb");
}

#[test]
fn format_shapes_the_message() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    start(&path, "full").tell("module net hello");
    assert_eq!(parts(&receive(&syslogd))[5], "net: hello");
    start(&path, "json").tell("module net hello");
    let object: serde_json::Value = serde_json::from_str(parts(&receive(&syslogd))[5]).unwrap();
    assert_eq!(object["message"], "hello");
}

#[test]
fn syslogd_that_returns_gets_the_missed_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut probe = start(&path, "seed");
    assert_eq!(probe.ask("log info before"), "false");
    let syslogd = listen(&path);
    assert_eq!(probe.ask("log info first"), "true");
    let told = receive(&syslogd);
    assert!(
        told.ends_with("1 record lost: No such file or directory"),
        "{told}"
    );
    assert!(receive(&syslogd).ends_with(" first"));
    drop(syslogd);
    assert_eq!(probe.ask("log info away"), "false");
    std::fs::remove_file(&path).unwrap();
    let syslogd = listen(&path);
    assert_eq!(probe.ask("log info second"), "true");
    assert!(receive(&syslogd).contains("1 record lost: "));
    assert!(receive(&syslogd).ends_with(" second"));
}

/// Nobody reads: the queue is full after some hundred records, and nobody waits for it.
#[test]
fn syslogd_that_hangs_blocks_no_thread() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    let mut probe = start(&path, "seed");
    probe.tell("many a 20000");
    assert_eq!(probe.ask("log info lost"), "false");
    while !receive(&syslogd).contains("a 5 ") {}
    probe.ask("log info again");
    let told = std::iter::repeat_with(|| receive(&syslogd)).find(|record| record.contains("lost"));
    assert!(told.unwrap().contains("Try again"));
}

#[test]
fn record_that_is_too_long_is_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    let mut probe = start(&path, "seed");
    assert_eq!(
        probe.ask(&format!("log info {}", "\u{e9}".repeat(300_000))),
        "true"
    );
    let record = receive(&syslogd);
    assert!(
        record.len() <= 32768 && record.len() > 32000,
        "{}",
        record.len()
    );
}
