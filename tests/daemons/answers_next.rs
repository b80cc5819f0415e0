//! The program that follows `answers` at an upgrade, with another listener.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, Interest, Wake, daemon};

#[derive(Debug)]
struct Answers {
    http: TcpListener,
}

#[daemon(
    name = "answers",
    listen = [http = "127.0.0.1:0", new = "127.0.0.1:0"]
)]
impl Answers {
    fn new(http: TcpListener, _new: TcpListener) -> io::Result<Self> {
        http.set_nonblocking(true)?;
        Ok(Self { http })
    }

    fn on_start(&mut self) -> Result<(), String> {
        tests::support::script::perform("next_start", None)
    }

    fn run(&mut self, context: &mut Context) -> io::Result<()> {
        let Wake::Ready(_) = context.wait(&[Interest::readable(&self.http)], None) else {
            return Ok(());
        };
        match self.http.accept() {
            Ok((client, _)) => {
                // A client that goes away is not the daemon's failure.
                let _ = answer(client);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    // A byte that is not read when the socket is closed would reset the connection.
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let body = "build 2";
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    write!(client, "{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn main() -> ExitCode {
    daemon_rt::main::<Answers>()
}
