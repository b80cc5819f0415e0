//! What can be told, as `sd_notify(3)` writes it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::os::clock::{micros, monotonic};

/// Something to tell, one assignment of `sd_notify(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State<'a> {
    /// `READY=1`: the start, or a reload, is done.
    Ready,
    /// `RELOADING=1`, with the `MONOTONIC_USEC=` of now that `Type=notify-reload` asks for.
    Reloading,
    /// `STOPPING=1`: the stop has begun.
    Stopping,
    /// `STATUS=`: one line for people. Line breaks become spaces: they would end it.
    Status(&'a str),
    /// `ERRNO=`: why the daemon fails, `errno(3)`.
    Errno(i32),
    /// `WATCHDOG=1`: the loop turns.
    Watchdog,
    /// `WATCHDOG=trigger`: the daemon itself knows that it is stuck.
    WatchdogTrigger,
    /// `EXTEND_TIMEOUT_USEC=`: the present start, reload or stop needs so much longer, from now.
    ExtendTimeout(Duration),
    /// `MAINPID=`: the process that the service is.
    MainPid(u32),
}

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("READY=1"),
            Self::Reloading => {
                // By this time systemd tells this reload from the one before.
                let now = micros(monotonic());
                write!(f, "RELOADING=1\nMONOTONIC_USEC={now}")
            }
            Self::Stopping => f.write_str("STOPPING=1"),
            Self::Status(text) => {
                f.write_str("STATUS=")?;
                let line = |c: char| if c.is_control() { ' ' } else { c };
                text.chars().try_for_each(|c| f.write_char(line(c)))
            }
            Self::Errno(number) => write!(f, "ERRNO={number}"),
            Self::Watchdog => f.write_str("WATCHDOG=1"),
            Self::WatchdogTrigger => f.write_str("WATCHDOG=trigger"),
            Self::ExtendTimeout(time) => write!(f, "EXTEND_TIMEOUT_USEC={}", micros(*time)),
            Self::MainPid(pid) => write!(f, "MAINPID={pid}"),
        }
    }
}
