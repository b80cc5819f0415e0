//! One connection of the echo server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use daemon_rt::Interest;

pub struct Client {
    stream: TcpStream,
    /// What the client has sent and not got back yet.
    owed: Vec<u8>,
}

impl Client {
    pub fn accept(listener: &TcpListener) -> io::Result<Self> {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        let owed = vec![];
        Ok(Self { stream, owed })
    }

    /// Who does not take what they are owed is not read from: a slow client costs one buffer, and
    /// nobody's time.
    pub fn interest(&self) -> Interest<'_> {
        if self.owed.is_empty() {
            Interest::readable(&self.stream)
        } else {
            Interest::writable(&self.stream)
        }
    }

    /// Reads once, gives back once, and waits for neither. How many bytes were given back; the
    /// error that ends the connection.
    pub fn turn(&mut self) -> io::Result<usize> {
        self.exchange().or_else(|error| match error.kind() {
            ErrorKind::WouldBlock => Ok(0),
            _ => Err(error),
        })
    }

    fn exchange(&mut self) -> io::Result<usize> {
        if self.owed.is_empty() {
            let mut buffer = [0; 8192];
            let length = self.stream.read(&mut buffer)?;
            if length == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.owed.extend(&buffer[..length]);
        }
        let given = self.stream.write(&self.owed)?;
        self.owed.drain(..given);
        Ok(given)
    }
}
