//! The processes of a start: which ended and how, and the end of those that are left.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::os::proc;
use crate::os::sys;

/// The processes of a start that the caller knows and has not reaped.
#[derive(Debug)]
pub(super) struct Processes {
    /// The first child. It leads the session, and its number is that of the process group. It is
    /// reaped last, so that no other process or group can get the number before.
    first: Pid,
    pub(super) first_has_ended: bool,
    pub(super) daemon: Option<Pid>,
    /// The status of the daemon, or of a first child that created no daemon.
    pub(super) ended: Option<ExitStatus>,
}

impl Processes {
    pub(super) fn new(first: Pid) -> Self {
        Self {
            first,
            first_has_ended: false,
            daemon: None,
            ended: None,
        }
    }

    /// Reaps the daemon, and records the end of the first child.
    pub(super) fn reap(&mut self) {
        self.look_at_first();
        if let Some(daemon) = self.daemon
            && let Some(status) = reap(daemon, libc::WNOHANG)
        {
            self.ended = Some(status);
        }
    }

    /// Records the end of the first child. It matters only if no daemon was created.
    fn look_at_first(&mut self) {
        if self.first_has_ended {
            return;
        }
        match sys::peek(Some(self.first)) {
            Ok(None) => {}
            Ok(Some((_, status))) => {
                self.first_has_ended = true;
                if !status.success() && self.daemon.is_none() {
                    self.ended = Some(status);
                }
            }
            // If `waitid` fails, the pipe still reports the rest.
            Err(_) => self.first_has_ended = true,
        }
    }

    /// Waits until the daemon, or a first child without a daemon, has ended and its lock is free.
    pub(super) fn wait_for_end(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            self.reap();
            let left = end.saturating_duration_since(Instant::now());
            let alive = self
                .daemon
                .or_else(|| (!self.first_has_ended).then_some(self.first));
            let Some(pid) = alive.filter(|_| self.ended.is_none() && !left.is_zero()) else {
                return;
            };
            proc::wait_for_end(pid.as_raw(), left);
        }
    }

    /// Ends every process of the starting session.
    pub(super) fn end(&mut self) {
        self.reap();
        let _ = killpg(self.first, Signal::SIGKILL);
        // Before `setsid` it leads no group.
        let _ = kill(self.first, Signal::SIGKILL);
        // This process inherits the orphans of the group, and so the daemon whose number is not
        // known yet. Its files are removed once it has ended.
        while let Ok(Some((pid, status))) = sys::waitpid(-self.first.as_raw(), 0) {
            if self.daemon == Some(Pid::from_raw(pid)) {
                self.ended = Some(status);
            }
        }
        let _ = reap(self.first, 0);
        // The number was reported, and in another PID namespace it means another process. A child
        // of this process keeps its number until it is reaped.
        if let (Some(daemon), None) = (self.daemon, self.ended)
            && sys::waitpid(daemon.as_raw(), libc::WNOHANG) == Ok(None)
        {
            let _ = kill(daemon, Signal::SIGKILL);
            self.ended = reap(daemon, 0);
        }
    }

    pub(super) fn how_it_ended(&self) -> String {
        let signal = self.ended.and_then(|status| status.signal());
        let code = self.ended.and_then(|status| status.code());
        match (signal, code) {
            (Some(signal), _) => format!("was killed by signal {signal} before it was ready"),
            (None, Some(code)) => format!("exited with code {code} before it was ready"),
            (None, None) => "closed the readiness pipe before it was ready".to_owned(),
        }
    }
}

/// Reaps a child. Returns `None` if it lives, or is not a child of this process.
pub(super) fn reap(pid: Pid, options: libc::c_int) -> Option<ExitStatus> {
    let ended = sys::waitpid(pid.as_raw(), options).ok().flatten();
    ended.map(|(_, status)| status)
}
