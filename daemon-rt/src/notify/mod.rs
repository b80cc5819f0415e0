//! Tells a service manager how the daemon is: systemd's datagrams, `sd_notify(3)`, and the readiness
//! descriptor of s6.
//!
//! The protocol is a line or more in a datagram. Nothing here waits for an answer but
//! [`Notifier::flush`], and nothing here starts a thread: a watchdog that a thread feeds says only
//! that the thread lives.

mod descriptor;
mod state;
// Miri has no Unix sockets.
#[cfg(all(test, not(miri)))]
mod tests;
mod watchdog;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd as _, AsRawFd as _, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, connect, sendmsg};
use nix::unistd::pipe2;

use crate::os::sys;

pub use self::descriptor::ReadyDescriptor;
pub use self::state::State;
pub use self::watchdog::Watchdog;

/// How long a message may wait for room in the manager's queue before it is dropped: a manager that
/// does not read must not stop the daemon.
const PATIENCE: Duration = Duration::from_secs(1);

/// The variables of the protocol. They are for this process: a child that had them could speak for
/// the daemon, or find the watchdog of another process.
const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The way to the service manager; without one, every message goes nowhere.
#[derive(Debug, Default)]
pub struct Notifier {
    /// Without an address the socket is connected.
    manager: Option<(UnixDatagram, Option<UnixAddr>)>,
    watchdog: Option<Watchdog>,
}

impl Notifier {
    /// Reads the variables of the protocol, and removes them if the process has one thread.
    ///
    /// Runs once, in the process that is the daemon.
    ///
    /// # Errors
    /// The address is invalid: the manager would wait in vain, so the start fails.
    pub fn from_environment() -> io::Result<Self> {
        let [socket, usec, pid] = VARIABLES.map(|name| {
            let value = std::env::var_os(name);
            // With other threads it stays, and children inherit it.
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
        let wrong = |reason| {
            let reason = format!("NOTIFY_SOCKET={}: {reason}", address.display());
            io::Error::new(io::ErrorKind::InvalidInput, reason)
        };
        let address = match address.as_bytes() {
            [b'@', name @ ..] => UnixAddr::new_abstract(name),
            [b'/', ..] => UnixAddr::new(Path::new(&address)),
            _ => return Err(wrong("neither a path nor an abstract name")),
        };
        let address = address.map_err(|errno| wrong(errno.desc()))?;
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

    /// Whether a service manager listens: then a daemon stays in the foreground.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.manager.is_some()
    }

    /// Connects to the manager's socket, for a process whose root changes: the address is a path.
    pub fn connect(&mut self) {
        let Some((socket, address)) = &mut self.manager else {
            return;
        };
        // If nobody listens, each message says so.
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
    /// What `sendmsg(2)` said. The daemon can go on: nobody has heard it, that is all.
    pub fn notify(&self, states: &[State<'_>]) -> io::Result<()> {
        let mut message = String::new();
        for state in states {
            // A `String` takes everything.
            let _ = writeln!(message, "{state}");
        }
        self.send(&message, &[])
    }

    fn send(&self, message: &str, descriptors: &[RawFd]) -> io::Result<()> {
        let Some((socket, address)) = &self.manager else {
            return Ok(());
        };
        let rights = [ControlMessage::ScmRights(descriptors)];
        let rights = if descriptors.is_empty() {
            &[][..]
        } else {
            &rights[..]
        };
        let text = [IoSlice::new(message.as_bytes())];
        loop {
            let flags = MsgFlags::MSG_NOSIGNAL;
            match sendmsg(socket.as_raw_fd(), &text, rights, flags, address.as_ref()) {
                Err(Errno::EINTR) => {}
                sent => return sent.map(drop).map_err(io::Error::from),
            }
        }
    }

    /// Waits until the manager has read everything that was sent, at most `time`: `BARRIER=1`.
    ///
    /// The manager looks up who sent a message by its pid; one from a process that is gone may find
    /// no unit. So the last message of a daemon is flushed.
    ///
    /// # Errors
    /// What the kernel said; [`io::ErrorKind::TimedOut`] after `time`.
    pub fn flush(&self, time: Duration) -> io::Result<()> {
        if self.manager.is_none() {
            return Ok(());
        }
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
        self.send("BARRIER=1", &[theirs.as_raw_fd()])?;
        // The manager's copy is the last: when it closes it, ours hangs up.
        drop(theirs);
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            match poll(
                &mut [PollFd::new(ours.as_fd(), PollFlags::empty())],
                timeout,
            ) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Err(Errno::EINTR) => {}
                done => return done.map(drop).map_err(io::Error::from),
            }
        }
    }

    /// The watchdog that the manager keeps, if it keeps one over this process.
    pub fn watchdog(&mut self) -> Option<&mut Watchdog> {
        self.watchdog.as_mut()
    }

    /// Says that the loop turns, when it is time to; to be called once a turn.
    ///
    /// # Errors
    /// As [`Notifier::notify`].
    pub fn turn(&mut self, now: Instant) -> io::Result<()> {
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
