//! PID 1 of a container: a mini-init, and the daemon as its child.
//!
//! PID 1 inherits the orphans of the whole PID namespace, `pid_namespaces(7)`. Only `waitpid(-1)`
//! reaps them all, and in the daemon it would steal the status of a `std::process::Child`. So the
//! process forks before it does anything else. The child becomes the daemon. PID 1 reaps, passes
//! signals on, and exits with the daemon's status. Its one thread sleeps in `sigwaitinfo(2)`. If it
//! is killed, the kernel ends all other processes.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::unistd::{Pid, getpgrp, getpid, setpgid, tcgetpgrp, tcsetpgrp};

use crate::error::Error;
use crate::os::console::complain;
use crate::os::sys::{self, Copies, Fork};
use crate::os::threads::{NOT_COPIED, refuse_threads};
use crate::os::title;

/// Variables that name the process they are for, `sd_watchdog_enabled(3)`, `sd_listen_fds(3)`.
const ADDRESSED: [&str; 2] = ["WATCHDOG_PID", "LISTEN_PID"];

const INIT: Pid = Pid::from_raw(1);

/// PID 1, once the daemon is its child.
struct Init<'name> {
    name: &'name str,
    daemon: Pid,
}

/// Returns whether this process is PID 1 of its namespace.
pub(crate) fn is_wanted() -> bool {
    getpid() == INIT
}

/// Refuses to detach as PID 1, whose exit would end the daemon.
pub(crate) fn refuse_to_leave(name: &str) -> Result<(), Error> {
    if !is_wanted() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "PID 1 cannot detach, because its exit would end the daemon; use `{name} run`"
    )))
}

/// Forks, and leaves PID 1 behind as the init. Returns in the child, which becomes the daemon. PID
/// 1 never returns, and exits with the status of the daemon.
///
/// # Errors
/// The process has other threads, which a fork would not copy; `fork(2)` fails.
pub(crate) fn leave_behind(name: &str) -> Result<(), Error> {
    refuse_threads(NOT_COPIED)?;
    // Otherwise both processes would write the rest of the buffer.
    let _ = io::stdout().flush();
    let failed = |errno| Error::step("block the signals", errno);
    let mut before = SigSet::empty();
    // PID 1 takes them one by one. The kernel keeps a blocked signal even without a handler.
    let all = SigSet::all();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&all), Some(&mut before)).map_err(failed)?;
    // If it is ignored, the kernel reaps the children itself, and their status is lost.
    sys::unignore(libc::SIGCHLD).map_err(|source| Error::step("reset the signals", source))?;
    match sys::fork().map_err(|source| Error::step("fork", source))? {
        Fork::Parent(daemon, copies) => Init { name, daemon }.live(copies),
        Fork::Child(_) => {
            lead_group();
            take_over_variables();
            sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None).map_err(failed)
        }
    }
}

/// Creates a process group for the daemon, so that a signal to PID 1's group arrives once, through
/// PID 1. If PID 1 had the terminal, the group gets it.
///
/// A group from outside the namespace has no number here. No call shows then whether it has the
/// terminal, and PID 1 passes on the signals of the terminal.
fn lead_group() {
    let group = getpgrp();
    if setpgid(getpid(), getpid()).is_ok()
        && group.as_raw() != 0
        && let Ok(terminal) = File::open("/dev/tty")
        && tcgetpgrp(&terminal) == Ok(group)
    {
        // The kernel answers a call from the background by SIGTTOU, which is blocked.
        let _ = tcsetpgrp(&terminal, getpid());
    }
}

/// Readdresses variables for PID 1 to the daemon.
fn take_over_variables() {
    for name in ADDRESSED {
        if std::env::var_os(name).is_some_and(|value| value == "1") {
            // It fails only in a process with other threads, and a forked child has none.
            let _ = sys::set_variable(name, &getpid().to_string());
        }
    }
}

impl Init<'_> {
    /// Passes signals on and reaps until the daemon has ended.
    fn live(self, copies: Copies) -> ! {
        // No value is dropped: the values of `main` and its open files belong to the daemon now.
        let _ = copies.close_all_but(&[]);
        // For people, so an error does not matter.
        let _ = title::set(&title(self.name));
        let all = SigSet::all();
        loop {
            let info = sys::wait_for_signal(&all);
            if info.si_signo != libc::SIGCHLD {
                self.pass_on(&info);
            } else if let Some(status) = self.reap() {
                self.exit(status);
            }
        }
    }

    /// Sends the signal to the daemon, with its sender and its value. Only PID 1 reaps the daemon,
    /// so its number is still valid.
    fn pass_on(&self, info: &libc::siginfo_t) {
        if let Err(errno) = sys::pass_on(self.daemon, info) {
            let (number, error) = (info.si_signo, io::Error::from(errno));
            complain(
                self.name,
                format_args!("cannot pass on signal {number}: {error}"),
            );
        }
    }

    /// Reaps every child that has ended, since one SIGCHLD may stand for thousands. Returns the
    /// daemon's status if it has ended.
    fn reap(&self) -> Option<ExitStatus> {
        let mut ended = None;
        while let Ok(Some((pid, status))) = sys::waitpid(-1, libc::WNOHANG | libc::WUNTRACED) {
            if pid != self.daemon.as_raw() {
                continue;
            }
            match status.stopped_signal() {
                None => ended = Some(status),
                // Control-Z. PID 1 itself does not stop, so no shell would offer `fg`. A SIGSTOP
                // is intended.
                Some(libc::SIGTSTP) => drop(kill(self.daemon, Signal::SIGCONT)),
                Some(_) => {}
            }
        }
        ended
    }

    /// Exits with the code by which shells report the end of a child. The kernel then ends all
    /// other processes of the namespace.
    fn exit(&self, status: ExitStatus) -> ! {
        let code = status.code().unwrap_or_else(|| {
            let signal = status.signal().unwrap_or_default();
            complain(
                self.name,
                format_args!("the daemon was killed by signal {signal}; see its log"),
            );
            128 + signal
        });
        signal_hook::low_level::exit(code)
    }
}

/// Returns the title of PID 1.
fn title(name: &str) -> String {
    format!("{name}: init")
}

/// Fails if PID 1 is the init of a daemon that may have no lock. Then a missing lock file at `path`
/// does not prove that no daemon runs. Runs in a verb.
pub(crate) fn refuse_to_guess(path: &Path) -> Result<(), Error> {
    let name = path.file_name().and_then(OsStr::to_str);
    let Some(name) = name.and_then(|name| name.strip_suffix(".pid.lock")) else {
        return Ok(());
    };
    // The kernel keeps 15 bytes of the title, `prctl(2)`.
    let shown = std::fs::read("/proc/1/comm").unwrap_or_default();
    let wanted = title(name);
    if shown.trim_ascii_end() != &wanted.as_bytes()[..wanted.len().min(15)] {
        return Ok(());
    }
    Err(Error::other(format!(
        "PID 1 is the init of {name}, whose daemon has no lock at {}; send \
         signals to PID 1, or run it with a lock file that can be written",
        path.display()
    )))
}
