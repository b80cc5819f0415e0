//! The examples that serve clients, under clients that a README does not show.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::Duration;

use tests::support::examples::program;
use tests::support::{DEADLINE, Process, Running, Sandbox};

/// Starts an example at a free port, and returns it with the port's address.
fn start(sandbox: &Sandbox, variable: &str) -> (Process, String) {
    let mut command = sandbox.command(&["start"]);
    command.env(variable, "127.0.0.1:0");
    let _ = Running::begin(command).finish().exits(0);
    sandbox.wait_for_log("listening on ");
    let said = sandbox.messages().into_iter().find_map(|message| {
        let address = message.strip_prefix("listening on ")?;
        Some(address.to_owned())
    });
    (sandbox.daemon(), said.unwrap())
}

/// A client that the daemon must not keep waiting for ever.
fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_write_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn exchange(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), text);
}

/// Sends until the daemon takes no more. How many bytes it took.
fn fill(stream: &mut TcpStream) -> usize {
    stream.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let mut refusals = 0;
    // What was taken moves on by and by: full is what stays full.
    while refusals < 50 {
        match stream.write(&[b'x'; 16384]) {
            Ok(length) => (sent, refusals) = (sent + length, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refusals += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => panic!("after {sent} bytes: {error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
    sent
}

#[test]
fn slow_client_of_echo_delays_no_other() {
    let sandbox = Sandbox::new(program("echo"));
    let (_daemon, address) = start(&sandbox, "ECHO_ADDRESS");
    let mut slow = connect(&address);
    let sent = fill(&mut slow);
    let mut other = connect(&address);
    for _ in 0..100 {
        exchange(&mut other, "hello\n");
    }
    let mut back = vec![0; sent];
    slow.read_exact(&mut back).unwrap();
    assert!(back.iter().all(|byte| *byte == b'x'));
    exchange(&mut slow, "and now\n");
    sandbox.stop();
}

#[test]
fn busy_clients_of_echo_delay_no_other() {
    let sandbox = Sandbox::new(program("echo"));
    let (_daemon, address) = start(&sandbox, "ECHO_ADDRESS");
    // The first in the list of clients, and one of them always ready.
    let busy: Vec<_> = (0..4).flat_map(|_| send_and_receive(&address)).collect();
    let mut other = connect(&address);
    for _ in 0..100 {
        exchange(&mut other, "hello\n");
    }
    sandbox.stop();
    for thread in busy {
        thread.join().unwrap();
    }
}

/// A client that sends and reads as fast as it can, until the daemon is gone.
fn send_and_receive(address: &str) -> [JoinHandle<()>; 2] {
    let mut sender = connect(address);
    exchange(&mut sender, "first\n");
    let mut receiver = sender.try_clone().unwrap();
    let send = std::thread::spawn(move || while sender.write_all(&[b'x'; 16384]).is_ok() {});
    let receive = std::thread::spawn(move || {
        let mut buffer = [0; 16384];
        while receiver.read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    [send, receive]
}

#[test]
fn refused_reload_of_echo_keeps_clients_and_limit() {
    let sandbox = Sandbox::new(program("echo"));
    let limit = sandbox.path("limit");
    std::fs::write(&limit, "1").unwrap();
    let mut command = sandbox.command(&["start"]);
    command
        .env("ECHO_ADDRESS", "127.0.0.1:0")
        .env("ECHO_LIMIT", &limit);
    let _ = Running::begin(command).finish().exits(0);
    std::fs::write(&limit, "many").unwrap();
    let _ = sandbox
        .verb(&["reload"])
        .exits(1)
        .complains("invalid digit");
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
    sandbox.wait_for_log("at most 1 clients");
    sandbox.stop();
}
