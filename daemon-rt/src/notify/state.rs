//! The states that a daemon reports, as `sd_notify(3)` writes them.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::os::clock::{micros, monotonic};

/// A state of the daemon, one assignment of `sd_notify(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State<'a> {
    /// `READY=1`: a start or a reload has finished.
    Ready,
    /// `RELOADING=1`, with the current `MONOTONIC_USEC=` that `Type=notify-reload` requires.
    Reloading,
    /// `STOPPING=1`: the stop has begun.
    Stopping,
    /// `STATUS=`: one line for people. Control characters become spaces, since a line break would
    /// end it.
    Status(&'a str),
    /// `WATCHDOG=1`: the loop is turning.
    Watchdog,
    /// `FDSTOREREMOVE=1`, with the name of a stored descriptor that is no longer wanted.
    Forget(&'a str),
    /// `EXTEND_TIMEOUT_USEC=`: the current start, reload or stop may take this long from now.
    ExtendTimeout(Duration),
}

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("READY=1"),
            Self::Reloading => {
                // By this time systemd distinguishes this reload from the previous one.
                let now = micros(monotonic());
                write!(f, "RELOADING=1\nMONOTONIC_USEC={now}")
            }
            Self::Stopping => f.write_str("STOPPING=1"),
            Self::Status(text) => {
                f.write_str("STATUS=")?;
                let line = |c: char| if c.is_control() { ' ' } else { c };
                text.chars().try_for_each(|c| f.write_char(line(c)))
            }
            Self::Watchdog => f.write_str("WATCHDOG=1"),
            Self::Forget(name) => write!(f, "FDSTOREREMOVE=1\nFDNAME={name}"),
            Self::ExtendTimeout(time) => write!(f, "EXTEND_TIMEOUT_USEC={}", micros(*time)),
        }
    }
}
