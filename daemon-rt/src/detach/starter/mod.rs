//! The caller's side of a start: the wait for the verdict, and the end of a start that failed.

mod processes;

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::prctl;
use nix::sys::signal::{SigAction, SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use self::processes::{Processes, reap};
use crate::detach::ready::{Listener, Message};
use crate::error::Error;
use crate::instance::lock::{Holder, LockFile};
use crate::instance::pid_file;
use crate::instance::state::Snapshot;
use crate::os::sys;
use crate::settings::Settings;
use crate::trust::{Place, Rule};

/// How long a process that has reported its failure may take to exit.
const GRACE: Duration = Duration::from_secs(2);

/// The state of the caller during a start, and the state that it restores afterwards.
#[derive(Debug)]
pub(crate) struct Starter {
    listener: Listener,
    signals: SignalFd,
    watched: SigSet,
    old_mask: SigSet,
    old_child_action: SigAction,
    was_subreaper: bool,
}

/// An event that ends the wait.
enum News {
    Message(Message),
    /// No process is left that could report.
    Silence,
    Interrupted(Signal),
    TimeOver,
}

impl Starter {
    /// Prepares the caller for the fork. It blocks all signals, so that none is lost between the
    /// processes. It restores the default action of SIGCHLD, since no child can be waited for while
    /// it is ignored. It becomes the subreaper, so that the kernel reports the daemon's death to
    /// it, `prctl(2)`.
    pub(crate) fn prepare(listener: Listener) -> Result<Self, Error> {
        let failed = |errno| Error::step("prepare the fork", errno);
        // The calls that can run out of descriptors precede those that would have to be undone.
        let watched = watched();
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&watched, flags).map_err(failed)?;
        let was_subreaper = prctl::get_child_subreaper().map_err(failed)?;
        prctl::set_child_subreaper(true).map_err(failed)?;
        let old_child_action = sys::default_disposition(Signal::SIGCHLD).map_err(failed)?;
        let mut old_mask = SigSet::empty();
        sigprocmask(
            SigmaskHow::SIG_SETMASK,
            Some(&SigSet::all()),
            Some(&mut old_mask),
        )
        .map_err(failed)?;
        Ok(Self {
            listener,
            signals,
            watched,
            old_mask,
            old_child_action,
            was_subreaper,
        })
    }

    /// Waits for the verdict, in the caller, and returns the daemon's process id. After a failure
    /// no process of the start is left.
    pub(crate) fn wait(mut self, first: Pid, settings: &Settings) -> Result<i32, Error> {
        let mut mask = self.old_mask;
        mask.extend(&self.watched);
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&mask), None);
        let mut processes = Processes::new(first);
        let verdict = self.verdict(&mut processes, settings);
        if verdict.is_ok() {
            let _ = reap(first, libc::WNOHANG);
        } else {
            processes.end();
            // A process that holds the lock now belongs to another start.
            tidy(settings);
        }
        verdict
    }

    fn verdict(&mut self, processes: &mut Processes, settings: &Settings) -> Result<i32, Error> {
        let end = Instant::now() + settings.spec.start_timeout;
        loop {
            match self.next_news(processes, end)? {
                News::Message(Message::Pid(pid)) => {
                    processes.daemon = Some(Pid::from_raw(pid));
                    // It may have ended before its pid was known.
                    processes.reap();
                }
                News::Message(Message::Ready) => {
                    return processes.daemon.map(Pid::as_raw).ok_or_else(|| {
                        Error::other("the daemon is ready but did not report its pid; see `status`")
                    });
                }
                News::Message(Message::Failed { code, reason }) => {
                    processes.wait_for_end(GRACE);
                    return Err(Error::not_ready(reason, code));
                }
                News::Message(Message::Already(pid)) => {
                    processes.wait_for_end(GRACE);
                    return Err(Error::already_running((pid > 0).then_some(pid)));
                }
                News::Silence => {
                    processes.wait_for_end(GRACE);
                    return Err(Error::not_ready(processes.how_it_ended(), 1));
                }
                News::Interrupted(signal) => {
                    let code = u8::try_from(128 + signal as i32).unwrap_or(1);
                    let reason =
                        format!("interrupted by {signal} before the daemon was ready; ended it");
                    return Err(Error::not_ready(reason, code));
                }
                News::TimeOver => return Err(Error::not_ready(too_slow(settings), 1)),
            }
        }
    }

    fn next_news(&mut self, processes: &mut Processes, end: Instant) -> Result<News, Error> {
        let failed = |source: io::Error| Error::step("wait for the daemon", source);
        loop {
            // The end of the first child wakes this loop, and its messages are in the pipe by then.
            if processes.first_has_ended {
                // A process that was reaped has written all its messages. A child of the daemon may
                // keep the pipe open, so the daemon's death counts like the end of the pipe.
                let open = self.listener.listen().map_err(failed)?;
                if let Some(message) = self.listener.next() {
                    return Ok(News::Message(message));
                }
                if !open || processes.ended.is_some() {
                    return Ok(News::Silence);
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(News::TimeOver);
            }
            let mut wanted = [
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.listener.descriptor().as_fd(), PollFlags::POLLIN),
            ];
            let wanted = &mut wanted[..=usize::from(processes.first_has_ended)];
            match ppoll(wanted, Some(TimeSpec::from(left)), None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
            let signalled = wanted[0].any().unwrap_or_default();
            while signalled
                && let Some(info) = self.signals.read_signal().map_err(|e| failed(e.into()))?
            {
                match i32::try_from(info.ssi_signo)
                    .ok()
                    .and_then(|n| Signal::try_from(n).ok())
                {
                    Some(Signal::SIGCHLD) => processes.reap(),
                    Some(signal) => return Ok(News::Interrupted(signal)),
                    None => {}
                }
            }
        }
    }
}

impl Drop for Starter {
    /// Restores the state of the caller.
    fn drop(&mut self) {
        let _ = sys::restore_disposition(Signal::SIGCHLD, &self.old_child_action);
        let _ = prctl::set_child_subreaper(self.was_subreaper);
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.old_mask), None);
    }
}

/// Returns the signals that the caller waits for, without those that it ignores, as under nohup(1).
/// The kernel would queue an ignored signal while it is blocked.
fn watched() -> SigSet {
    let ends = [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ];
    let ends = ends
        .into_iter()
        .filter(|signal| !sys::is_ignored(*signal as libc::c_int));
    ends.chain([Signal::SIGCHLD]).collect()
}

/// Removes the pid file that the daemon left, if no process holds the lock now.
fn tidy(settings: &Settings) {
    let path = &settings.pid_file;
    let place = match LockFile::open_existing(&settings.lock_file) {
        Ok(Some(lock)) if matches!(lock.holder(), Ok(Holder::Nobody)) => lock.pid_file_place(path),
        Ok(None) => Place::of(path, Rule::PidFile),
        _ => return,
    };
    // The next verb reports a file that stays.
    let _ = place.and_then(pid_file::remove_leftovers);
}

/// Writes a time in seconds, such as `30` or `0.25`. The formatting of a float would add 14 kB to
/// the program.
fn seconds(time: Duration) -> String {
    let text = format!("{}.{:03}", time.as_secs(), time.subsec_millis());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns the error of a start that took too long. The state page names the hook that runs.
fn too_slow(settings: &Settings) -> String {
    let page = std::fs::File::open(&settings.lock_file).and_then(|file| Snapshot::read(&file));
    let hook = page.ok().flatten().and_then(|page| page.hook());
    let place = hook.map(|(name, time)| format!(", in `{name}` for {} s", time.as_secs()));
    let limit = seconds(settings.spec.start_timeout);
    format!(
        "not ready after {limit} s{}; ended it",
        place.unwrap_or_default()
    )
}
