//! One request over a connection of its own.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a UNIX socket, at most 107 bytes.
    Unix(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    /// Parses `IP:PORT` or `unix:PATH`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) => Ok(Self::Unix(path.into())),
            None => text
                .parse()
                .map(Self::Tcp)
                .map_err(|error| format!("`{text}`: {error}; pass `IP:PORT` or `unix:PATH`")),
        }
    }
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure(String);

impl Failure {
    fn of(step: &str, error: &io::Error) -> Self {
        // A time-out of a socket is reported as if the socket did not block.
        let cause = match error.kind() {
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.to_string(),
            kind => kind.to_string(),
        };
        Self(format!("{step}: {cause}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Connects to `target`, gets `path` by HTTP, and returns the body. Each step may take `limit`.
///
/// A server that does not answer in HTTP is asked in the same way. Its answer is all that it sends.
///
/// # Errors
/// A step fails or takes longer, the status is not 200, or the answer is empty or shorter than it
/// says.
pub fn get(target: &Target, path: &str, limit: Duration) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::of("connect", &error);
    match target {
        Target::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, limit).map_err(failed)?;
            stream.set_read_timeout(Some(limit)).map_err(failed)?;
            stream.set_write_timeout(Some(limit)).map_err(failed)?;
            ask(stream, path)
        }
        Target::Unix(socket) => {
            let stream = UnixStream::connect(socket).map_err(failed)?;
            stream.set_read_timeout(Some(limit)).map_err(failed)?;
            stream.set_write_timeout(Some(limit)).map_err(failed)?;
            ask(stream, path)
        }
    }
}

fn ask(mut stream: impl Read + Write, path: &str) -> Result<Vec<u8>, Failure> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n");
    let sent = stream.write_all(request.as_bytes());
    sent.map_err(|error| Failure::of("send", &error))?;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    match (body(&answer), read) {
        // It is whole, so an error after it does no harm.
        (Body::Whole(start), _) => Ok(answer.split_off(start)),
        (Body::Status(code), _) => Err(Failure(format!("status {code}"))),
        (_, Err(error)) => Err(Failure::of("answer", &error)),
        (Body::Open, Ok(_)) if !answer.is_empty() => Ok(answer),
        (Body::Open, Ok(_)) => Err(Failure("answer: empty".to_owned())),
        (Body::Cut, Ok(_)) => Err(Failure("answer: cut off".to_owned())),
    }
}

/// The state of an answer.
enum Body {
    /// It begins here, and nothing is missing.
    Whole(usize),
    /// Only the end of the connection ends it.
    Open,
    /// A part is missing.
    Cut,
    /// The status is not 200.
    Status(String),
}

fn body(answer: &[u8]) -> Body {
    if !answer.starts_with(b"HTTP/1.") {
        return Body::Open;
    }
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Body::Cut;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let code = head.split_whitespace().nth(1).unwrap_or("missing");
    if code != "200" {
        return Body::Status(code.to_owned());
    }
    let start = end + 4;
    let length = head.split_once("content-length:");
    match length.and_then(|(_, rest)| rest.lines().next()?.trim().parse::<usize>().ok()) {
        Some(length) if answer.len() - start < length => Body::Cut,
        _ => Body::Whole(start),
    }
}
