//! One connection of the echo server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use daemon_rt::Interest;

pub struct Client {
    stream: TcpStream,
    /// Bytes of the client that are not sent back yet.
    owed: Vec<u8>,
}

impl Client {
    pub fn accept(listener: &TcpListener) -> io::Result<Self> {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        let owed = vec![];
        Ok(Self { stream, owed })
    }

    /// Waits for the client to read before it reads more, so that a slow client costs one buffer
    /// and delays no other.
    pub fn interest(&self) -> Interest<'_> {
        if self.owed.is_empty() {
            Interest::readable(&self.stream)
        } else {
            Interest::writable(&self.stream)
        }
    }

    /// Reads once and sends back once, without waiting. Returns the number of bytes sent back, or
    /// the error that ends the connection.
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
