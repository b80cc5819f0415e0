//! Servers that are replaced while they serve: the answer names the file that runs.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;

/// The length of the name of a build.
const LENGTH: i64 = 8;

/// The longest request.
pub const REQUEST: usize = 4096;

/// Reads the name of the build, which the bench appended to the file of this program.
#[must_use]
pub fn build() -> String {
    let mut file = File::open("/proc/self/exe").unwrap();
    let _ = file.seek(SeekFrom::End(-LENGTH)).unwrap();
    let mut name = String::new();
    let _ = file.read_to_string(&mut name).unwrap();
    name
}

/// The answer of the build `name`.
#[must_use]
pub fn answer(name: &str) -> String {
    let body = format!("{name} from {}", std::process::id());
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Returns whether the whole head of a request has arrived.
#[must_use]
pub fn is_whole(request: &[u8]) -> bool {
    request.ends_with(b"\r\n\r\n")
}

/// Reads one request from `stream` and answers it.
///
/// # Errors
/// The client is gone or silent.
pub fn serve(mut stream: std::net::TcpStream, answer: &str) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = [0; REQUEST];
    let mut length = 0;
    while !is_whole(&request[..length]) {
        match stream.read(&mut request[length..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => length += more,
            // A signal ends a read that has a time-out, `signal(7)`.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.write_all(answer.as_bytes())
}

/// Reads one request from `stream` and answers it, on tokio.
///
/// # Errors
/// The client is gone.
#[cfg(feature = "upgraded-tokio")]
pub async fn serve_on_tokio(mut stream: tokio::net::TcpStream, answer: &str) -> io::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut request = [0; REQUEST];
    let mut length = 0;
    while !is_whole(&request[..length]) {
        match stream.read(&mut request[length..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => length += more,
        }
    }
    stream.write_all(answer.as_bytes()).await
}
