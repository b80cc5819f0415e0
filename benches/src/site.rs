//! A server of the example's kind: its settings file, its address, and its answers.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use crate::sandbox::{Sandbox, now};
use crate::subjects::Program;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The place of one server.
#[derive(Debug)]
pub(crate) struct Site {
    pub sandbox: Sandbox,
    pub address: SocketAddr,
}

impl Site {
    /// A place with an address that is free, and with its settings.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let site = Self {
            sandbox: Sandbox::in_memory(),
            address,
        };
        site.write("greeting = \"hello\"\n");
        let yaml = format!("---\ngreeting: hello\nhttp: {address}\n");
        fs::write(site.sandbox.file("web.yaml"), yaml).unwrap();
        site
    }

    /// Replaces the file of settings.
    pub(crate) fn write(&self, text: &str) {
        let new = self.sandbox.file("web.toml.new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.sandbox.file("web.toml")).unwrap();
    }

    /// The words of a program as a command that works here.
    pub(crate) fn command(&self, words: &[String]) -> Command {
        let mut command = self.sandbox.command(words);
        command
            .env("WEB_PID_FILE", self.sandbox.file("web.pid"))
            .env("WEB_LOG_FILE", self.sandbox.file("web.log"))
            .env("WEB_CONFIG", self.sandbox.file("web.toml"))
            .env("WEB_LISTEN", format!("http={}", self.address))
            .stderr(fs::File::create(self.sandbox.file("stderr")).unwrap());
        command
    }

    /// Starts it. Returns the process of the start if that is the server, and the time of the
    /// return otherwise.
    pub(crate) fn start(&self, program: &Program) -> Result<Child, u64> {
        let mut command = self.command(&program.words);
        if program.words.last().is_some_and(|word| word == "start") {
            let status = command.status().unwrap();
            let returned = now();
            assert!(status.success(), "{}: {status}", program.name);
            return Err(returned);
        }
        let log = fs::File::create(self.sandbox.file("stdout")).unwrap();
        Ok(command.stdout(log).spawn().unwrap())
    }

    /// Waits until it answers. Returns its greeting and its pid.
    pub(crate) fn answer(&self) -> (String, i32) {
        loop {
            if let Ok(answer) = Client::connect(self.address).and_then(|mut client| client.get()) {
                return answer;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }
}

/// One connection of a client, for several requests.
#[derive(Debug)]
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// `GET /`, of which everything but `GREETING from PID` is an error.
    pub(crate) fn get(&mut self) -> io::Result<(String, i32)> {
        self.0
            .get_mut()
            .write_all(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")?;
        let mut length = 0;
        let mut line = String::new();
        let mut is_first = true;
        loop {
            line.clear();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if is_first && !line.starts_with("HTTP/1.1 200 ") {
                return Err(io::Error::other(line));
            }
            is_first = false;
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(io::Error::other)?;
        let (greeting, pid) = body.split_once(" from ").unwrap_or_default();
        let pid = pid.trim_end().parse().map_err(io::Error::other)?;
        Ok((greeting.to_owned(), pid))
    }
}
