//! The sockets that `new` takes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tests::support::Sandbox;

use super::ip;

/// Sends a line to the daemon, and returns its answer.
fn ask(http: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(http).expect("the daemon listens");
    writeln!(stream, "{line}").expect("the line fits into a buffer");
    let mut answer = String::new();
    // A daemon that panics resets the connection.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn every_value_takes_the_same_listeners() {
    let sandbox = Sandbox::of("serves");
    let daemon = sandbox.start();
    let http = ip(&sandbox, "http");
    for value in 1..3 {
        assert_eq!(ask(http, "hello"), format!("value {value}\n"));
        assert_eq!(ask(http, "panic"), "");
    }
    // The connection waits while the daemon has no value.
    assert_eq!(ask(http, "hello"), "value 3\n");
    assert_eq!(sandbox.wait_for_daemon().pid, daemon.pid);
    assert_eq!(sandbox.count("nonblocking false, close-on-exec true"), 3);
    sandbox.stop();
    sandbox.assert_nothing_left();
}
