//! The protocols of service managers: systemd's datagrams, `sd_notify(3)`, and the readiness
//! descriptor of s6.
//!
//! A datagram holds one or more lines. Only [`Notifier::flush`] waits for an answer. No thread
//! feeds the watchdog, since that would prove only that the thread lives.

mod descriptor;
mod state;
// Miri has no Unix sockets.
#[cfg(all(test, not(miri)))]
mod tests;
mod watchdog;

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, connect, sendmsg};
use nix::unistd::pipe2;

use crate::os::proc;
use crate::os::sys;

pub(crate) use self::descriptor::ReadyDescriptor;
pub(crate) use self::state::State;
use self::watchdog::Watchdog;

/// How long a message may wait for room in the manager's queue. Then it is dropped, since a manager
/// that does not read must not stop the daemon.
const PATIENCE: Duration = Duration::from_secs(1);

/// The variables of the protocol. They are for this process only. A child with them could send
/// messages as the daemon, or find the watchdog of another process.
const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The connection to the service manager. Without a manager, messages are discarded.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    /// Without an address the socket is connected.
    manager: Option<(UnixDatagram, Option<UnixAddr>)>,
    watchdog: Option<Watchdog>,
}

impl Notifier {
    /// Reads the variables of the protocol, and removes them if the process has one thread. Runs
    /// once, in the daemon.
    ///
    /// # Errors
    /// The address is invalid. The manager would wait without result, so the start fails.
    pub(crate) fn from_environment() -> io::Result<Self> {
        let [socket, usec, pid] = VARIABLES.map(|name| {
            let value = std::env::var_os(name);
            // In a process with other threads it stays, and children inherit it.
            let _ = sys::remove_variable(name);
            value
        });
        Self::new(socket, usec, pid)
    }

    fn new(
        socket: Option<OsString>,
        usec: Option<OsString>,
        pid: Option<OsString>,
    ) -> io::Result<Self> {
        let Some(address) = socket.filter(|address| !address.is_empty()) else {
            return Ok(Self::default());
        };
        let address = parse(&address)?;
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let number = |value: Option<OsString>| value?.to_str()?.parse::<u64>().ok();
        let is_for_us = pid.is_none() || number(pid) == Some(u64::from(std::process::id()));
        let watchdog = number(usec).filter(|usec| *usec > 0 && is_for_us);
        Ok(Self {
            manager: Some((socket, Some(address))),
            watchdog: watchdog.map(|usec| Watchdog::new(Duration::from_micros(usec))),
        })
    }

    /// Takes the socket of the program before this one in this process. Without an address it is
    /// connected.
    ///
    /// # Errors
    /// The address is invalid.
    pub(crate) fn adopt(
        socket: OwnedFd,
        address: Option<&OsStr>,
        watchdog: Option<Duration>,
    ) -> io::Result<Self> {
        Ok(Self {
            manager: Some((socket.into(), address.map(parse).transpose()?)),
            watchdog: watchdog.map(Watchdog::new),
        })
    }

    /// Returns the socket, and the manager's address unless it is connected.
    pub(crate) fn socket(&self) -> Option<(&UnixDatagram, Option<OsString>)> {
        let (socket, address) = self.manager.as_ref()?;
        let name = |address: &UnixAddr| {
            let path = address.path().map(|path| path.as_os_str().to_owned());
            path.or_else(|| {
                let name = [b"@", address.as_abstract()?].concat();
                Some(OsString::from_vec(name))
            })
        };
        Some((socket, address.as_ref().and_then(name)))
    }

    /// Connects to the manager's socket before the root of the process changes, since the address
    /// may be a path.
    pub(crate) fn connect(&mut self) {
        let Some((socket, address)) = &mut self.manager else {
            return;
        };
        // If the manager does not listen, each message fails.
        let connected = address
            .as_ref()
            .is_some_and(|address| connect(socket.as_raw_fd(), address).is_ok());
        if connected {
            *address = None;
        }
    }

    /// Sends `states` in one datagram, so that the manager sees them together.
    ///
    /// # Errors
    /// `sendmsg(2)` fails. Only the message is lost, so the daemon can continue.
    pub(crate) fn notify(&self, states: &[State<'_>]) -> io::Result<()> {
        let mut message = String::new();
        for state in states {
            // Writing to a `String` cannot fail.
            let _ = writeln!(message, "{state}");
        }
        self.send(&message, &[])
    }

    /// Gives the manager a copy of a descriptor under `name`, for the next process of the unit. Returns
    /// false without a manager.
    ///
    /// # Errors
    /// As [`Notifier::notify`].
    pub(crate) fn store(&self, name: &str, descriptor: BorrowedFd<'_>) -> io::Result<bool> {
        // By default the manager would drop a socket with a pending error.
        let message = format!("FDSTORE=1\nFDNAME={name}\nFDPOLL=0\n");
        self.send(&message, &[descriptor.as_raw_fd()])?;
        Ok(self.manager.is_some())
    }

    fn send(&self, message: &str, descriptors: &[RawFd]) -> io::Result<()> {
        let Some((socket, address)) = &self.manager else {
            return Ok(());
        };
        // Without descriptors the kernel ignores it.
        let rights = [ControlMessage::ScmRights(descriptors)];
        let text = [IoSlice::new(message.as_bytes())];
        loop {
            let flags = MsgFlags::MSG_NOSIGNAL;
            match sendmsg(socket.as_raw_fd(), &text, &rights, flags, address.as_ref()) {
                Err(Errno::EINTR) => {}
                sent => return sent.map(drop).map_err(io::Error::from),
            }
        }
    }

    /// Waits until the manager has read all messages, at most `time`, by `BARRIER=1`.
    ///
    /// The manager finds the unit by the sender's pid, which it cannot do once the process has
    /// ended. So the last message of a daemon is flushed.
    ///
    /// # Errors
    /// A system call fails; [`io::ErrorKind::TimedOut`] after `time`.
    pub(crate) fn flush(&self, time: Duration) -> io::Result<()> {
        if self.manager.is_none() {
            return Ok(());
        }
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
        self.send("BARRIER=1", &[theirs.as_raw_fd()])?;
        // The manager's copy is the last one. When it is closed, ours hangs up.
        drop(theirs);
        if proc::wait_readable(ours.as_fd(), time) {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }

    /// Returns the watchdog, if the manager watches this process.
    pub(crate) fn watchdog(&mut self) -> Option<&mut Watchdog> {
        self.watchdog.as_mut()
    }

    /// Feeds the watchdog if it is due. The loop calls it once per turn.
    ///
    /// # Errors
    /// As [`Notifier::notify`].
    pub(crate) fn turn(&mut self, now: Instant) -> io::Result<()> {
        if self
            .watchdog
            .as_mut()
            .is_some_and(|watchdog| watchdog.is_due(now))
        {
            return self.notify(&[State::Watchdog]);
        }
        Ok(())
    }
}

/// Parses the manager's address.
fn parse(address: &OsStr) -> io::Result<UnixAddr> {
    let wrong = |reason| {
        let reason = format!("NOTIFY_SOCKET={}: {reason}", address.display());
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    };
    let parsed = match address.as_bytes() {
        [b'@', name @ ..] => UnixAddr::new_abstract(name),
        [b'/', ..] => UnixAddr::new(Path::new(address)),
        _ => return Err(wrong("neither a path nor an abstract name; unset it")),
    };
    parsed.map_err(|errno| wrong(errno.desc()))
}
