//! The daemon process when its steps are done.

use std::ffi::OsString;

use crate::confine::chroot::Outside;
use crate::detach::ready::Reporter;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::pid_file::PidFile;
use crate::instance::state::Page;
use crate::instance::supervisor::Supervisor;
use crate::listen::Listeners;
use crate::logger::{Level, Logger};
use crate::settings::{InForce, Settings};
use crate::signal::Signal;
use crate::spec::Spec;
use crate::upgrade::{Inheritance, Invocation};

/// The relation of the daemon to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `start`.
    Detached,
    /// `run`.
    Foreground,
    /// `run` as PID 1 of a container. The daemon is a child of PID 1.
    Contained,
}

/// The end of the way.
#[derive(Debug)]
pub(crate) enum End {
    /// In the caller: the daemon's process id, or the error.
    Caller(Result<i32, Error>),
    /// In the daemon.
    Daemon(Box<Detached>),
}

/// The daemon process, ready for the user's code.
#[derive(Debug)]
pub struct Detached {
    pub(crate) settings: Box<Settings>,
    pub(crate) signals: &'static [Signal],
    pub(crate) mode: Mode,
    pub(crate) lock: LockFile,
    pub(crate) page: Page,
    pub(crate) pid_file: Option<PidFile>,
    pub(crate) listeners: Listeners,
    /// `None` in the foreground, where no caller waits.
    pub(crate) reporter: Option<Reporter>,
    /// The descriptors from outside that a daemon with its own root still has.
    pub(crate) outside: Option<Outside>,
    /// The place of the log, as the state page has it.
    pub(crate) log_place: OsString,
    /// The supervisor of a foreground daemon, or the unit that started this one.
    pub(crate) supervisor: Option<Supervisor>,
    /// How the program of this process was started.
    pub(crate) invocation: Invocation,
    /// The inheritance from the program before this one, until this one is ready.
    pub(crate) inheritance: Option<Box<Inheritance>>,
    /// The settings of the daemon itself.
    pub(crate) config: InForce,
}

impl Detached {
    /// Writes to the page the values that verbs use by default.
    pub(crate) fn describe(&self, page: Page) {
        set_limits(page, &self.settings, self.mode);
        record_supervisor(page, self.supervisor.as_ref());
        page.set_log_file(self.log_place.as_encoded_bytes());
        page.set_level(Logger::installed().map_or(Level::Off, Logger::level));
    }
}

pub(super) fn record_supervisor(page: Page, supervisor: Option<&Supervisor>) {
    if let Some(supervisor) = supervisor {
        page.set_supervisor(&supervisor.to_string());
    }
}

/// Removes the record of a parent that starts the daemon again only after a crash, if at all.
pub(crate) fn leave_supervisor(page: Page, supervisor: Option<&Supervisor>) {
    if supervisor.is_some_and(|supervisor| !supervisor.outlives_stop()) {
        page.set_supervisor("");
    }
}

pub(super) fn set_limits(page: Page, settings: &Settings, mode: Mode) {
    let Spec {
        hang_after,
        stop_timeout,
        ..
    } = settings.spec;
    page.set_limits(hang_after, stop_timeout, mode != Mode::Detached);
}
