//! Syslog: a datagram a record, RFC 5424, to the socket of the machine's own syslogd.

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

/// The facility of system daemons, RFC 5424 section 6.2.1, where a priority has it.
const DAEMON: u64 = 3 << 3;

/// How much of a record is sent when the kernel takes no datagram of its size, in bytes.
const LONGEST: usize = 32 << 10;

/// The machine's syslogd, which may come and go.
#[derive(Debug)]
pub(super) struct Syslog {
    socket: PathBuf,
    /// HOSTNAME and APP-NAME.
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

    /// A socket, connected if there is a syslogd now; each record tries again.
    pub(super) fn open(&self) -> nix::Result<OwnedFd> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let output = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        let _ = self.connect(output.as_fd());
        Ok(output)
    }

    fn connect(&self, output: BorrowedFd<'_>) -> nix::Result<()> {
        connect(output.as_raw_fd(), &UnixAddr::new(&self.socket)?)
    }

    /// Begins a record: all of RFC 5424's header, and no structured data.
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

    /// Sends a record, to a new syslogd if the old one is gone. Waits for nobody: what finds the
    /// queue full is lost.
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

/// The first bytes of `text`, at most `most`, and no part of a character.
fn start_of(text: &[u8], most: usize) -> &[u8] {
    let is_start = |end: &usize| text.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=most.min(text.len())).rev().find(is_start);
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// A field of the header: printable ASCII without blanks, or `-`.
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
    fn a_field_has_no_blanks_and_an_end() {
        assert_eq!(field("a b\nc\u{e9}", 9), "abc");
        assert_eq!(field(&"x".repeat(60), 48).len(), 48);
        assert_eq!(field(" ", 48), "-");
    }

    #[test]
    fn a_cut_leaves_whole_characters() {
        assert_eq!(start_of("a\u{e9}b".as_bytes(), 2), b"a");
        assert_eq!(start_of("a\u{e9}b".as_bytes(), 3), "a\u{e9}".as_bytes());
        assert_eq!(start_of(b"ab", 9), b"ab");
    }
}
