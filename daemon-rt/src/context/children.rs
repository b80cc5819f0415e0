//! The daemon's children: which ones the runtime waits for, and how they are ended.
//!
//! By default only those of [`Context::spawn`](crate::Context::spawn), each by its own pid:
//! `waitpid(-1)` would take the status of a `std::process::Child` away from whoever waits for it.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::manager;
use crate::os::helper;
use crate::os::proc;
use crate::os::sys;
use crate::spec;

/// How often it is asked, while children end, how long they still may.
const LOOK: Duration = Duration::from_millis(100);

/// How a child of [`Context::spawn`](crate::Context::spawn) ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChildExit {
    /// The child's process id; the kernel may give it to another process from now on.
    pub pid: u32,
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
}

/// The children that the runtime waits for.
#[derive(Debug)]
pub(crate) struct Children {
    policy: spec::Children,
    /// Sorted: the search is quick, and a tree would be 5 kB of program.
    own: Vec<i32>,
}

impl Children {
    pub(crate) const fn new(policy: spec::Children) -> Self {
        Self {
            policy,
            own: Vec::new(),
        }
    }

    /// Starts a child and remembers it. Its pid cannot be another process's until it is reaped,
    /// which only [`Children::reap`] does.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<u32> {
        let pid = command.spawn()?.id();
        let child = i32::try_from(pid).unwrap_or_default();
        if let Err(place) = self.own.binary_search(&child) {
            self.own.insert(place, child);
        }
        Ok(pid)
    }

    pub(crate) fn matter(&self) -> bool {
        self.policy == spec::Children::Reap || !self.own.is_empty()
    }

    /// Takes one child that has ended. One SIGCHLD may stand for thousands: call it until `None`.
    pub(crate) fn reap(&mut self) -> Option<ChildExit> {
        if self.policy == spec::Children::Reap {
            let exit = wait_for_any()?;
            self.forget(i32::try_from(exit.pid).unwrap_or_default());
            return Some(exit);
        }
        // A look that takes nothing: mostly the one that ended is ours, and need not be searched.
        let (ended, _) = sys::peek(None).ok().flatten()?;
        if self.own.binary_search(&ended).is_ok() {
            return self.take(ended);
        }
        // It is the program's own `Child`, and may hide ours until the program waits for it.
        let own = self.own.clone();
        own.into_iter().find_map(|pid| self.take(pid))
    }

    fn take(&mut self, pid: i32) -> Option<ChildExit> {
        let ended = wait_for(pid);
        // Somebody else took its status (a `waitpid(-1)` in the program): from now on the number
        // may be another process's.
        if matches!(ended, Ok(Some(_)) | Err(Errno::ECHILD)) {
            self.forget(pid);
        }
        ended.ok().flatten()
    }

    fn forget(&mut self, pid: i32) {
        if let Ok(place) = self.own.binary_search(&pid) {
            self.own.remove(place);
        }
    }

    /// Ends the children: SIGTERM to each, SIGKILL to what is left at `end`, which is asked again
    /// and again. A watchdog is fed: the daemon may go on afterwards.
    pub(crate) fn end(&mut self, end: impl Fn() -> Instant) {
        self.signal_all(Signal::SIGTERM);
        while let Some(pid) = self.own.first().copied() {
            let left = end().saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            manager::turn();
            proc::wait_for_end(pid, left.min(LOOK));
            self.take(pid);
        }
        self.signal_all(Signal::SIGKILL);
        for pid in std::mem::take(&mut self.own) {
            let _ = sys::waitpid(pid, 0);
        }
    }

    /// Signals those that are still children: one that was not waited for keeps its number.
    fn signal_all(&mut self, signal: Signal) {
        for pid in self.own.clone() {
            self.take(pid);
        }
        for pid in &self.own {
            let _ = kill(Pid::from_raw(*pid), signal);
        }
    }
}

/// Takes any child that has ended, but for the helper, whose status is lost with that.
fn wait_for_any() -> Option<ChildExit> {
    loop {
        let mut helper = helper::running();
        let exit = wait_for(-1).ok().flatten()?;
        if helper.take_if(|pid| *pid == exit.pid).is_none() {
            return Some(exit);
        }
    }
}

/// Reaps the child `pid`, or any with -1, if it has ended.
fn wait_for(pid: i32) -> nix::Result<Option<ChildExit>> {
    let ended = sys::waitpid(pid, libc::WNOHANG)?;
    Ok(ended.map(|(pid, status)| ChildExit {
        pid: pid.unsigned_abs(),
        status,
    }))
}
