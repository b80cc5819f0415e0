//! The sockets with which this process was started: those of `LISTEN_FDS`, `sd_listen_fds(3)`, and
//! those that the parent process left open at a number.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use super::address::Address;
use super::declared::Listen;
use crate::error::Error;
use crate::os::stdio::leave_stdin;
use crate::os::sys;

/// The variables of the protocol. They are for this process only.
const VARIABLES: [&str; 4] = [
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "LISTEN_PIDFDID",
];

/// The sockets with which this process was started, and that no listener has yet.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    /// Those that a service manager passed, each with its name.
    pub(super) passed: Vec<(String, OwnedFd)>,
    /// Those at the number that an address names.
    pub(super) numbered: Vec<(RawFd, OwnedFd)>,
}

impl Inherited {
    /// Takes the sockets for these listeners, and removes the variables. Runs once, in the process
    /// that the user or the manager started. Does nothing without a listener.
    ///
    /// # Errors
    /// `ErrorKind::Usage` for a number in a variable or in an address that is not open.
    pub(crate) fn take(listeners: &[Listen]) -> Result<Self, Error> {
        if listeners.is_empty() {
            return Ok(Self::default());
        }
        let passed = take_passed()?;
        let numbered = listeners.iter().filter_map(|listen| match listen.address {
            Address::Inherited(number) => Some((listen.name, number)),
            _ => None,
        });
        let numbered = numbered.map(|(name, number)| {
            let socket = sys::duplicate_inherited(number).map_err(|source| {
                let text = format!("cannot use fd:{number} for `{name}`: {source}");
                Error::usage(format!(
                    "{text}; start it by a program that leaves a socket there"
                ))
            })?;
            Ok((number, socket))
        });
        let numbered: Vec<_> = numbered.collect::<Result<_, Error>>()?;
        if numbered.iter().any(|(number, _)| *number == 0) {
            // A child of a hook would inherit it.
            leave_stdin()?;
        }
        Ok(Self { passed, numbered })
    }

    /// Returns the descriptors, which stay open when the daemon closes all others.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let passed = self.passed.iter().map(|(_, socket)| socket.as_fd());
        passed.chain(self.numbered.iter().map(|(_, socket)| socket.as_fd()))
    }
}

/// Takes the sockets of `LISTEN_FDS`, if they are for this process.
fn take_passed() -> Result<Vec<(String, OwnedFd)>, Error> {
    let [pid, count, names, _] = VARIABLES.map(|name| {
        let value = std::env::var(name).ok();
        // In a process with other threads it stays. It says nothing to a child with another pid.
        let _ = sys::remove_variable(name);
        value.filter(|_| !sys::is_secure_execution())
    });
    let own = std::process::id().to_string();
    let Some(count) = count.filter(|_| pid == Some(own)) else {
        return Ok(Vec::new());
    };
    let wrong = |why: &str| Error::usage(format!("LISTEN_FDS={count}: {why}; unset it"));
    let number = count.parse().map_err(|_| wrong("not a number"))?;
    let sockets = sys::take_passed(number)
        .map_err(|source| wrong(&format!("cannot take the descriptors: {source}")))?;
    let names = names.unwrap_or_default();
    let mut names = names.split(':');
    let named = sockets.into_iter().map(|socket| {
        let name = names.next().unwrap_or_default();
        (name.to_owned(), socket)
    });
    Ok(named.collect())
}
