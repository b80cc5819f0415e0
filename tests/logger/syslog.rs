//! Records as syslogd gets them, on a socket of its kind.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use tests::support::{Sandbox, eventually};

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

/// The parts of a record: priority, time, name, pid, and message.
fn parts(record: &str) -> [&str; 5] {
    let split = || {
        let (priority, rest) = record.strip_prefix('<')?.split_once('>')?;
        let (time, rest) = rest.split_at_checked("Nov  8 22:11:38 ".len())?;
        let (name, rest) = rest.split_once('[')?;
        let (pid, message) = rest.split_once("]: ")?;
        Some([priority, time, name, pid, message])
    };
    split().unwrap_or_else(|| panic!("{record:?}"))
}

/// The parts of a record of RFC 5424: priority and version, time, host, name, pid, and the message
/// after the two fields that are empty.
fn parts_of_rfc_5424(record: &str) -> [&str; 6] {
    let mut parts = record.splitn(8, ' ');
    let mut part = || parts.next().unwrap_or_else(|| panic!("{record:?}"));
    let header = [part(), part(), part(), part(), part()];
    assert_eq!([part(), part()], ["-", "-"]);
    let [priority, time, host, name, pid] = header;
    [priority, time, host, name, pid, part()]
}

fn start(socket: &Path, format: &str) -> Probe {
    start_as("syslog", socket, format)
}

fn start_as(scheme: &str, socket: &Path, format: &str) -> Probe {
    let place = format!("{scheme}:{}", socket.display());
    Probe::start(Path::new(&place), format, "trace")
}

#[test]
fn syslog_target_that_is_no_syslogd_is_refused() {
    let sandbox = Sandbox::scripted();
    let file = sandbox.path("file");
    fs::write(&file, "").unwrap();
    let packets = sandbox.path("packets");
    let kind = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let socket = rustix::net::socket(kind.0, kind.1, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrUnix::new(&packets).unwrap()).unwrap();
    rustix::net::listen(&socket, 1).unwrap();
    for path in [&file, &packets] {
        let place = format!("syslog:{}", path.display());
        for verb in ["check", "start"] {
            let refused = sandbox.verb(&[verb, "--log-file", &place]).exits(1);
            let _ = refused.complains("is not a socket of a syslogd");
        }
    }
    assert_eq!(fs::read(file).unwrap(), b"");
}

const PRIORITIES: [(&str, u8); 5] = [
    ("debug", 31),
    ("info", 30),
    ("warn", 28),
    ("error", 27),
    ("fatal", 26),
];

#[test]
fn record_is_a_datagram_of_syslog_3() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    let mut probe = start(&path, "short");
    for (level, number) in PRIORITIES {
        assert_eq!(probe.ask(&format!("log {level} two words")), "true");
        let record = receive(&syslogd);
        let [priority, time, name, pid, message] = parts(&record);
        assert_eq!(priority, number.to_string());
        let time = format!("2026 {time}");
        jiff::fmt::strtime::parse("%Y %b %e %H:%M:%S ", &time).unwrap();
        assert_eq!((name, message), ("probe", "two words"));
        assert_eq!(pid, probe.pid().to_string());
    }
    assert_eq!(probe.ask("raw a<LF>b"), "true");
    assert_eq!(parts(&receive(&syslogd))[4], r"a\nb");
}

#[test]
fn record_on_request_is_a_datagram_of_rfc_5424() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    let mut probe = start_as("syslog-rfc5424", &path, "short");
    for (level, priority) in PRIORITIES {
        assert_eq!(probe.ask(&format!("log {level} two words")), "true");
        let record = receive(&syslogd);
        let [first, time, host, name, pid, message] = parts_of_rfc_5424(&record);
        assert_eq!(first, format!("<{priority}>1"));
        time.parse::<jiff::Timestamp>().unwrap();
        assert!(!host.is_empty() && host.is_ascii());
        assert_eq!((name, message), ("probe", "two words"));
        assert_eq!(pid, probe.pid().to_string());
    }
}

/// Returns the records of one connection, until the end of the probe.
fn records_of(stream: UnixStream) -> Vec<String> {
    let ended = BufReader::new(stream).split(0);
    let text = |record: io::Result<Vec<u8>>| String::from_utf8(record.unwrap()).unwrap();
    ended.map(text).collect()
}

#[test]
fn stream_takes_records_that_a_nul_ends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = UnixListener::bind(&path).unwrap();
    let mut probe = start(&path, "short");
    assert_eq!(probe.ask("log info first"), "true");
    assert_eq!(
        probe.ask(&format!("log info {}", "-".repeat(100_000))),
        "true"
    );
    let (old, _) = syslogd.accept().unwrap();
    // A restart.
    drop(syslogd);
    fs::remove_file(&path).unwrap();
    let before = std::thread::spawn(|| {
        let mut records = BufReader::new(old).split(0);
        [(); 2].map(|()| records.next().unwrap().unwrap())
    });
    let [first, long] = before.join().unwrap();
    assert_eq!(parts(str::from_utf8(&first).unwrap())[4], "first");
    assert_eq!(long.len(), 32768);
    let syslogd = UnixListener::bind(&path).unwrap();
    assert_eq!(probe.ask("log info second"), "true");
    assert!(probe.end().success());
    let records = records_of(syslogd.accept().unwrap().0);
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(parts(&records[0])[4], "second");
}

/// The kernel takes a record of this size as a whole or not at all.
#[test]
fn stream_that_hangs_costs_whole_records() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = UnixListener::bind(&path).unwrap();
    let mut probe = start(&path, "short");
    probe.tell("many a 20000");
    assert_eq!(probe.ask("log info lost"), "false");
    let old = syslogd.accept().unwrap().0;
    let reader = std::thread::spawn(|| records_of(old));
    // There is room again, or a new connection.
    let is_taken = || probe.ask("log info again") == "true";
    eventually("a record is taken", is_taken);
    assert!(probe.end().success());
    let mut records = reader.join().unwrap();
    syslogd.set_nonblocking(true).unwrap();
    while let Ok((next, _)) = syslogd.accept() {
        next.set_nonblocking(false).unwrap();
        records.extend(records_of(next));
    }
    let is_one = |record: &&String| record.matches('<').count() == 1;
    assert_eq!(records.iter().filter(is_one).count(), records.len());
    assert!(records.iter().any(|record| record.ends_with(": again")));
}

#[test]
fn format_shapes_the_message() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let syslogd = listen(&path);
    start(&path, "full").tell("module net hello");
    assert_eq!(parts(&receive(&syslogd))[4], "net: hello");
    start(&path, "json").tell("module net hello");
    let object: serde_json::Value = serde_json::from_str(parts(&receive(&syslogd))[4]).unwrap();
    assert_eq!(object["message"], "hello");
}

#[test]
fn syslogd_that_returns_gets_the_missed_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let mut probe = start(&path, "short");
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
    fs::remove_file(&path).unwrap();
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
    let mut probe = start(&path, "short");
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
    let mut probe = start(&path, "short");
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
