//! A client of the example `web`: requests one after the other over one connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::wait::DEADLINE;

/// One connection.
#[derive(Debug)]
pub struct Client(BufReader<TcpStream>);

/// An address of the loopback interface that nobody listens at.
#[must_use]
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

impl Client {
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// # Errors
    /// The connection is lost.
    pub fn ask(&mut self, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())
    }

    /// The body of the next answer.
    ///
    /// # Errors
    /// The connection is lost, or the answer is not one of success.
    pub fn answer(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let length = head.split_once("content-length: ");
        let length = length.and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        match length {
            Some(length) if head.starts_with("http/1.1 200 ") => {
                let mut body = vec![0; length];
                self.0.read_exact(&mut body)?;
                String::from_utf8(body).map_err(io::Error::other)
            }
            _ => Err(io::Error::other(head)),
        }
    }

    /// # Errors
    /// Those of [`Self::ask`] and [`Self::answer`].
    pub fn get(&mut self, path: &str) -> io::Result<String> {
        self.ask(path)?;
        self.answer()
    }

    /// Whether the kernel has passed to the server all that was sent, `proc(5)`.
    #[must_use]
    pub fn is_read(&self) -> bool {
        let stream = self.0.get_ref();
        let ends = [stream.peer_addr(), stream.local_addr()];
        let [server, client] = ends.map(|end| hex(end.expect("an address")));
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
        let mut rows = table.lines().map(|line| line.split_whitespace().skip(1));
        rows.any(|mut row| {
            let is_this = row.next() == Some(&server) && row.next() == Some(&client);
            is_this
                && row
                    .nth(1)
                    .is_some_and(|queues| queues.ends_with(":00000000"))
        })
    }
}

/// An address of IPv4 as the kernel's table has it.
fn hex(address: SocketAddr) -> String {
    let SocketAddr::V4(address) = address else {
        panic!("{address} is not of IPv4");
    };
    let bits = u32::from_ne_bytes(address.ip().octets());
    format!("{bits:08X}:{:04X}", address.port())
}
