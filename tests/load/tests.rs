//! The kinds of failures, from servers that fail.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use load::{Load, Plan, Target, get};

const LIMIT: Duration = Duration::from_secs(10);

/// A server that reads each request and answers `text`.
fn server(text: &'static str) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = Target::Tcp(listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().flatten().for_each(|s| answer(s, text)));
    target
}

fn answer(mut stream: TcpStream, text: &str) {
    let mut head = [0; 1024];
    let _ = stream.read(&mut head);
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn kinds_of_failures_are_told_apart() {
    let ask = |text| get(&server(text), "/", LIMIT).map_err(|failure| failure.to_string());
    let failed = |text: &str| Err(text.to_owned());
    assert_eq!(ask("2"), Ok(b"2".to_vec()));
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(ask(whole), Ok(b"ok".to_vec()));
    assert_eq!(ask(&whole[..whole.len() - 1]), failed("answer: cut off"));
    assert_eq!(ask(&whole[..20]), failed("answer: cut off"));
    assert_eq!(ask(""), failed("answer: empty"));
    assert_eq!(
        ask("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
        failed("status 502")
    );
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let refused = get(&Target::Tcp(nobody.expect("an address")), "/", LIMIT);
    let refused = refused.expect_err("nobody is there").to_string();
    assert_eq!(refused, "connect: connection refused");
    // It accepts nobody.
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = Target::Tcp(deaf.local_addr().expect("an address"));
    let late = get(&target, "/", Duration::from_millis(50)).expect_err("no answer");
    assert_eq!(late.to_string(), "answer: timed out");
}

#[test]
fn answers_are_counted_by_their_text() {
    let load = Load::begin(&Plan::new(server("build 7"), 3));
    while load.requests() < 100 {
        thread::sleep(Duration::from_millis(1));
    }
    let report = load.end();
    assert_eq!(report.failures(), 0, "{report}");
    assert_eq!(report.answers["build 7"], report.requests() as u64);
    assert!(report.requests() >= 100 && report.percentile(99) <= report.worst());
}

#[test]
fn unix_socket_is_asked_as_well() {
    let path = std::env::temp_dir().join(format!("load.{}", std::process::id()));
    let listener = UnixListener::bind(&path).expect("a socket");
    let target: Target = format!("unix:{}", path.display()).parse().expect("a path");
    let asks = thread::spawn(move || get(&target, "/", LIMIT));
    let (mut stream, _) = listener.accept().expect("a client");
    let mut head = [0; 1024];
    let length = stream.read(&mut head).expect("a request");
    assert!(head[..length].starts_with(b"GET / HTTP/1.1\r\n"));
    stream.write_all(b"1").expect("an answer");
    drop(stream);
    assert_eq!(asks.join().expect("a client"), Ok(b"1".to_vec()));
    std::fs::remove_file(path).expect("its file");
}
