//! The way from the caller to the daemon: one method a step.
//!
//! Three processes run through it. The caller forks and stays in [`Detach::fork`] until it knows
//! how the start ended. The first child makes a session, forks again and is gone. The daemon does
//! the rest. A step that is not the process's own business does nothing there.

mod caller;
mod daemon;
mod detached;
pub(crate) mod environment;
mod first_child;
pub(crate) mod init;
pub(crate) mod ready;
pub(crate) mod starter;
mod way;

use nix::sys::stat::{Mode as FileMode, umask};

use self::way::{Step, Way};

pub(crate) use self::detached::{Detached, End, Mode};

use crate::instance::lock::LockFile;
use crate::os::title;
use crate::settings::Settings;
use crate::signal::Signal;

/// The way from the caller to the daemon, as far as it has been gone.
///
/// [`Daemon::detach`](crate::Daemon::detach) calls every step once, in the order in which they
/// stand here; a start in which one is missing or out of place fails and says which. After a
/// failure the steps that follow do nothing. With the verb `run` the process itself becomes the
/// daemon, and the steps that part it from its caller do nothing either.
#[derive(Debug)]
#[must_use]
pub struct Detach(Box<Way>);

impl Detach {
    /// The beginning of the way. `lock` is the verbs' lock, if the verb holds it already.
    pub(crate) fn new(
        settings: Box<Settings>,
        signals: &'static [Signal],
        mode: Mode,
        lock: Option<LockFile>,
    ) -> Self {
        Self(Box::new(Way::new(settings, signals, mode, lock)))
    }

    /// Caller: refuses to fork a process with threads (`fork(2)` copies one of them), makes the
    /// folders of the default places, waits for other verbs, and asks the lock whether the daemon
    /// runs. Nothing was started yet when this fails.
    pub fn check(self) -> Self {
        self.step("check", caller::check)
    }

    /// Caller: `fork(2)`, with signals blocked so that none is lost or kills a half-made daemon,
    /// and a pipe over which the daemon says that it is ready, or why not. The caller stays here
    /// until then.
    pub fn fork(self) -> Self {
        self.step("fork", caller::fork)
    }

    /// First child: `setsid(2)`, away from the caller's session and terminal.
    pub fn setsid(self) -> Self {
        self.step("setsid", first_child::setsid)
    }

    /// First child: forks again and is gone. The daemon leads no session, so that it can never
    /// get a terminal by opening one (`daemon(7)`, step 7).
    pub fn fork_again(self) -> Self {
        self.step("fork_again", first_child::fork_again)
    }

    /// Daemon: closes whatever the caller had open but stdin, stdout and stderr, which follow when
    /// the daemon is ready.
    pub fn close_descriptors(self) -> Self {
        self.step("close_descriptors", daemon::close_descriptors)
    }

    /// Daemon: takes the record lock, and maps the state page.
    pub fn take_lock(self) -> Self {
        self.step("take_lock", daemon::take_lock)
    }

    /// Daemon: gives the signals that the caller ignored their default dispositions back. SIGPIPE
    /// stays ignored, as in every Rust program.
    pub fn reset_signals(self) -> Self {
        self.step("reset_signals", daemon::reset_signals)
    }

    /// Daemon: `umask(2)`.
    pub fn set_umask(self) -> Self {
        self.step("set_umask", |way| {
            umask(FileMode::from_bits_truncate(way.settings.umask));
            Ok(())
        })
    }

    /// Daemon: leaves the caller's working directory, which could otherwise not be unmounted. With a
    /// `chroot` the way there leads through [`Detach::drop_privileges`].
    pub fn change_dir(self) -> Self {
        self.step("change_dir", daemon::change_dir)
    }

    /// Daemon: drops the variables that change how programs run or belong to the caller's
    /// session, and says `HOME`, `USER` and `LOGNAME` of the user it becomes.
    pub fn clean_environment(self) -> Self {
        self.step("clean_environment", daemon::clean_environment)
    }

    /// Daemon: writes the pid file, before the privileges are dropped: root's verbs believe none
    /// that an ordinary user could have written.
    pub fn write_pid_file(self) -> Self {
        self.step("write_pid_file", daemon::write_pid_file)
    }

    /// Daemon: sets its limits, changes to its root, becomes the declared user, keeps of root's
    /// capabilities the declared ones, and proves that root cannot be had back; then `no_new_privs`,
    /// and whether a crash dumps core.
    pub fn drop_privileges(self) -> Self {
        self.step("drop_privileges", daemon::drop_privileges)
    }

    /// Daemon: opens the log, as the user that it is now: what could not be opened again after a
    /// rotation is not opened the first time either.
    pub fn open_log(self) -> Self {
        self.step("open_log", daemon::open_log)
    }

    /// Daemon: its title, for `ps` and `pgrep`.
    pub fn set_title(self) -> Self {
        self.step("set_title", |way| title::set(&way.settings.title))
    }

    /// Daemon: catches the signals and unblocks all; what arrived since the fork is delivered now.
    pub fn catch_signals(self) -> Self {
        self.step("catch_signals", daemon::catch_signals)
    }

    /// Where the way has led.
    pub(crate) fn finish(self) -> End {
        self.0.end()
    }

    fn step(mut self, name: &'static str, run: Step) -> Self {
        self.0.go(name, run);
        self
    }
}
