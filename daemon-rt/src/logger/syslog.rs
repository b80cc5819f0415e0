//! Syslog: one RFC 5424 datagram per record, to the socket of the local syslogd.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send, socket,
};

use super::clock::{Now, Zone};
use super::level::Level;
use super::line::Line;
use super::output::Failure;
use super::own;
use super::stamp::{push_number, push_time};

/// The facility of system daemons, RFC 5424 section 6.2.1, at its position in a priority.
const DAEMON: u64 = 3 << 3;

/// The number of bytes sent if the kernel rejects a datagram of the size of the record.
const LONGEST: usize = 32 << 10;

/// The local syslogd, which may stop and restart.
#[derive(Debug)]
pub(super) struct Syslog {
    socket: PathBuf,
    /// The HOSTNAME and APP-NAME of the header.
    origin: String,
}

impl Syslog {
    pub(super) fn new(name: &str, socket: &Path) -> Self {
        let system = nix::sys::utsname::uname().ok();
        let host = system
            .as_ref()
            .map(|system| system.nodename().to_string_lossy());
        let (host, name) = (field(&host.unwrap_or_default(), 255), field(name, 48));
        Self {
            socket: socket.to_owned(),
            origin: format!("{host} {name}"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.socket
    }

    /// Opens a socket and connects it if syslogd runs. A later record connects it otherwise.
    pub(super) fn open(&self) -> nix::Result<OwnedFd> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let output = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        let _ = self.connect(output.as_fd());
        Ok(output)
    }

    fn connect(&self, output: BorrowedFd<'_>) -> nix::Result<()> {
        connect(output.as_raw_fd(), &UnixAddr::new(&self.socket)?)
    }

    /// Writes the header of RFC 5424, without structured data.
    pub(super) fn begin(&self, line: &mut Line, zone: &Zone, level: Level) {
        line.push(b"<");
        push_number(line, DAEMON + u64::from(level.priority()));
        line.push(b">1 ");
        push_time(line, zone, Now::exact());
        line.push(b" ");
        line.push(self.origin.as_bytes());
        line.push(b" ");
        push_number(line, u64::from(own::pid()));
        line.push(b" - - ");
    }

    /// Sends a record, and reconnects first if syslogd was restarted. Never waits: a record is lost
    /// if the queue is full.
    pub(super) fn send(&self, output: BorrowedFd<'_>, line: &[u8]) -> Result<(), Failure> {
        let record = line.strip_suffix(b"\n").unwrap_or(line);
        let sent = match send_one(output, record) {
            Err(Errno::ENOTCONN | Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::EPIPE) => {
                self.connect(output).and_then(|()| send_one(output, record))
            }
            sent => sent,
        };
        sent.map_err(|errno| Failure { errno, done: 0 })
    }
}

fn send_one(output: BorrowedFd<'_>, record: &[u8]) -> nix::Result<()> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    match send(output.as_raw_fd(), record, flags) {
        Err(Errno::EMSGSIZE) if record.len() > LONGEST => {
            send_one(output, start_of(record, LONGEST))
        }
        sent => sent.map(drop),
    }
}

/// Returns at most the first `most` bytes of `text`, in whole characters.
fn start_of(text: &[u8], most: usize) -> &[u8] {
    let is_start = |end: &usize| text.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=most.min(text.len())).rev().find(is_start);
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Returns a field of the header: printable ASCII without blanks, or `-`.
fn field(text: &str, most: usize) -> String {
    let kept: String = text
        .chars()
        .filter(char::is_ascii_graphic)
        .take(most)
        .collect();
    if kept.is_empty() {
        "-".to_owned()
    } else {
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_field_is_graphic_and_short() {
        assert_eq!(field("a b\nc\u{e9}", 9), "abc");
        assert_eq!(field(&"x".repeat(60), 48).len(), 48);
        assert_eq!(field(" ", 48), "-");
    }

    #[test]
    fn cut_record_ends_with_a_whole_character() {
        assert_eq!(start_of("a\u{e9}b".as_bytes(), 2), b"a");
        assert_eq!(start_of("a\u{e9}b".as_bytes(), 3), "a\u{e9}".as_bytes());
        assert_eq!(start_of(b"ab", 9), b"ab");
    }
}
