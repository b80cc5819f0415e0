//! Syslog: one record per datagram, or per NUL of a stream, to the socket of the local syslogd.
//!
//! A syslogd on a local socket expects what syslog(3) sends. It would read the version number of
//! RFC 5424 as the name of the program. So RFC 5424 is sent only on request.

use std::fmt;
use std::fs;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, UnixAddr, connect, send, sendmsg,
    shutdown, socket,
};

use super::clock::{Now, Zone};
use super::level::Level;
use super::line::Line;
use super::output::Failure;
use super::stamp::{push_number, push_padded_time, push_time};
use crate::error::Error;
use crate::os::own;
use crate::os::sys;

/// The facility of system daemons, RFC 5424 section 6.2.1, at its position in a priority.
const DAEMON: u64 = 3 << 3;

/// The socket that syslog(3) uses.
pub(crate) const SYSLOG_SOCKET: &str = "/dev/log";

/// The number of bytes of a record in a stream, or if the kernel rejects a longer datagram.
const LONGEST: usize = 32 << 10;

/// The socket of a local syslogd, and the form of a record. The text form is `syslog:` or
/// `syslog-rfc5424:`, with or without the path of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyslogTarget {
    pub(crate) socket: PathBuf,
    pub(crate) is_rfc5424: bool,
}

impl SyslogTarget {
    /// Returns `None` if `text` is the path of a file.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, socket) = text.split_once(':')?;
        let is_rfc5424 = match scheme {
            "syslog" => false,
            "syslog-rfc5424" => true,
            _ => return None,
        };
        let socket = if socket.is_empty() {
            SYSLOG_SOCKET
        } else {
            socket
        };
        Some(Self {
            socket: PathBuf::from(socket),
            is_rfc5424,
        })
    }
}

impl SyslogTarget {
    /// Checks that a syslogd may listen at the socket. A socket that does not exist may appear
    /// later.
    ///
    /// # Errors
    /// Another kind of file is there, or a socket of another type.
    pub(crate) fn check(&self) -> Result<(), Error> {
        connect_to(&self.socket).map_or_else(|errno| self.judge(errno), |_| Ok(()))
    }

    /// Returns the error for a connection that failed, unless a syslogd may listen later.
    fn judge(&self, errno: Errno) -> Result<(), Error> {
        let socket = &self.socket;
        let is_other = fs::metadata(socket).is_ok_and(|file| !file.file_type().is_socket());
        if is_other || errno == Errno::EPROTOTYPE {
            return Err(Error::other(format!(
                "cannot log to {}: it is not a socket of a syslogd; pass the path of one",
                socket.display()
            )));
        }
        Ok(())
    }
}

impl fmt::Display for SyslogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_rfc5424 {
            "syslog-rfc5424"
        } else {
            "syslog"
        };
        write!(f, "{scheme}:{}", self.socket.display())
    }
}

/// Connects a socket of the kind that syslogd listens on, as syslog(3) does.
fn connect_to(socket: &Path) -> nix::Result<(OwnedFd, SockType)> {
    let address = UnixAddr::new(socket)?;
    for kind in [SockType::Datagram, SockType::Stream] {
        let output = create_socket(kind)?;
        match connect(output.as_raw_fd(), &address) {
            Err(Errno::EPROTOTYPE) => {}
            connected => return connected.map(|()| (output, kind)),
        }
    }
    Err(Errno::EPROTOTYPE)
}

/// The local syslogd, which may stop and restart.
#[derive(Debug)]
pub(super) struct Syslog {
    target: SyslogTarget,
    /// The program of syslog(3), or the HOSTNAME and APP-NAME of RFC 5424.
    origin: String,
    /// Whether the socket is a stream, as of syslog-ng's `unix-stream`.
    is_stream: AtomicBool,
}

impl Syslog {
    pub(super) fn new(name: &str, target: SyslogTarget) -> Self {
        let mut origin = field(name, 48);
        if target.is_rfc5424 {
            let system = nix::sys::utsname::uname().ok();
            let host = system.map(|system| system.nodename().to_string_lossy().into_owned());
            origin = format!("{} {origin}", field(&host.unwrap_or_default(), 255));
        }
        Self {
            target,
            origin,
            is_stream: AtomicBool::new(false),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.target.socket
    }

    /// Returns a socket that is connected if syslogd runs. A later record connects it otherwise.
    ///
    /// # Errors
    /// As [`SyslogTarget::check`]; `socket(2)` fails.
    pub(super) fn open(&self) -> Result<OwnedFd, Error> {
        self.connect().or_else(|errno| {
            self.target.judge(errno)?;
            let failed = |errno| Error::step("create a socket for syslog", errno);
            create_socket(SockType::Datagram).map_err(failed)
        })
    }

    fn connect(&self) -> nix::Result<OwnedFd> {
        let (output, kind) = connect_to(self.path())?;
        let is_stream = kind == SockType::Stream;
        self.is_stream.store(is_stream, Ordering::Relaxed);
        Ok(output)
    }

    /// Writes the header of a record.
    pub(super) fn begin(&self, line: &mut Line, zone: &Zone, level: Level) {
        line.push(b"<");
        push_number(line, DAEMON + u64::from(level.priority()));
        let (before, after): (&[u8], &[u8]) = if self.target.is_rfc5424 {
            line.push(b">1 ");
            push_time(line, zone, Now::exact());
            // There is neither a message id nor structured data.
            (b" ", b" - - ")
        } else {
            line.push(b">");
            push_padded_time(line, zone, Now::coarse());
            (b"[", b"]: ")
        };
        line.push(b" ");
        line.push(self.origin.as_bytes());
        line.push(before);
        push_number(line, u64::from(own::pid()));
        line.push(after);
    }

    /// Returns a record as one `write(2)` sends it.
    pub(super) fn frame(&self, mut record: Vec<u8>) -> Vec<u8> {
        record.pop_if(|last| *last == b'\n');
        if self.is_stream.load(Ordering::Relaxed) {
            record.push(0);
        }
        record
    }

    /// Sends a record, and reconnects first if syslogd was restarted. Never waits: a record is lost
    /// if the queue is full.
    pub(super) fn send(&self, output: BorrowedFd<'_>, line: &[u8]) -> Result<(), Failure> {
        let record = line.strip_suffix(b"\n").unwrap_or(line);
        let sent = match self.send_once(output, record) {
            Err(Errno::ENOTCONN | Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::EPIPE) => self
                .connect()
                .and_then(|new| sys::replace(output, new.as_fd()))
                .and_then(|()| self.send_once(output, record)),
            sent => sent,
        };
        sent.map_err(|errno| Failure { errno, done: 0 })
    }

    fn send_once(&self, output: BorrowedFd<'_>, record: &[u8]) -> nix::Result<()> {
        if self.is_stream.load(Ordering::Relaxed) {
            return send_in_stream(output, start_of(record, LONGEST));
        }
        match send(output.as_raw_fd(), record, FLAGS) {
            Err(Errno::EMSGSIZE) if record.len() > LONGEST => {
                self.send_once(output, start_of(record, LONGEST))
            }
            sent => sent.map(drop),
        }
    }
}

const FLAGS: MsgFlags = MsgFlags::MSG_DONTWAIT.union(MsgFlags::MSG_NOSIGNAL);

fn create_socket(kind: SockType) -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Unix, kind, flags, None)
}

/// Sends a record and the NUL that ends it in a stream, as syslog(3) does.
fn send_in_stream(output: BorrowedFd<'_>, record: &[u8]) -> nix::Result<()> {
    let parts = [IoSlice::new(record), IoSlice::new(b"\0")];
    let sent = sendmsg::<UnixAddr>(output.as_raw_fd(), &parts, &[], FLAGS, None)?;
    if sent == record.len() + 1 {
        return Ok(());
    }
    // The queue is full. Another record must not continue the partial one, so the next one begins
    // a new connection.
    let _ = shutdown(output.as_raw_fd(), Shutdown::Both);
    Err(Errno::EAGAIN)
}

/// Returns at most the first `most` bytes of `text`, in whole characters.
fn start_of(text: &[u8], most: usize) -> &[u8] {
    let is_start = |end: &usize| text.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=most.min(text.len())).rev().find(is_start);
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Returns a field of the header, or `-`. It is printable ASCII without blanks, and without the
/// characters that end the name of a program.
fn field(text: &str, most: usize) -> String {
    let may_stay = |c: &char| c.is_ascii_graphic() && !"[]:".contains(*c);
    let kept: String = text.chars().filter(may_stay).take(most).collect();
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
        assert_eq!(field("a b\nc\u{e9}[1]:", 9), "abc1");
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
