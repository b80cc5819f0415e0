//! How far the way has been gone, and what a step that fails leaves.

use std::ffi::OsString;

use super::detached::{Detached, End, Mode};
use crate::confine::chroot::Outside;
use crate::detach::ready::{Message, Reporter};
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::pid_file::PidFile;
use crate::instance::state::Page;
use crate::os::sys::Copies;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::trust::Place;

/// The way itself. On the heap: each step hands it on, and a page of the stack that is written to
/// after a fork is copied.
#[derive(Debug)]
pub(crate) struct Way {
    pub(super) settings: Box<Settings>,
    pub(super) signals: &'static [Signal],
    pub(super) mode: Mode,
    pub(super) role: Role,
    pub(super) lock: Option<LockFile>,
    /// Why the daemon goes without a lock, in a container.
    pub(super) lockless: Option<String>,
    /// Where the lock is, on the other side of the fork.
    pub(super) place: Option<Place>,
    pub(super) reporter: Option<Reporter>,
    /// The descriptors that were open at the second fork, until the daemon closes them.
    pub(super) copies: Option<Copies>,
    pub(super) page: Option<Page>,
    pub(super) pid_file: Option<PidFile>,
    pub(super) outside: Option<Outside>,
    /// Where the log is, in the words of the state page.
    pub(super) log_place: OsString,
    pub(super) outcome: Option<Result<i32, Error>>,
}

/// Which process this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Caller,
    FirstChild,
    Daemon,
}

impl Way {
    pub(crate) fn new(
        settings: Box<Settings>,
        signals: &'static [Signal],
        mode: Mode,
        lock: Option<LockFile>,
    ) -> Self {
        Self {
            settings,
            signals,
            mode,
            role: Role::Caller,
            lock,
            lockless: None,
            place: None,
            reporter: None,
            copies: None,
            page: None,
            pid_file: None,
            outside: None,
            log_place: OsString::new(),
            outcome: None,
        }
    }

    pub(super) fn logs_to_file(&self) -> bool {
        let named = self.mode == Mode::Detached || self.settings.log_file_is_given;
        named && self.settings.syslog.is_none()
    }

    /// Where the way has led.
    pub(super) fn end(self) -> End {
        match self.outcome {
            Some(outcome) => End::Caller(outcome),
            None => match (self.lock, self.page) {
                (Some(lock), Some(page)) => End::Daemon(Box::new(Detached {
                    settings: self.settings,
                    signals: self.signals,
                    mode: self.mode,
                    lock,
                    page,
                    pid_file: self.pid_file,
                    reporter: self.reporter,
                    outside: self.outside,
                    log_place: self.log_place,
                })),
                _ => End::Caller(Err(Error::other("the start ended without a lock"))),
            },
        }
    }

    /// Ends the way with an error: in the caller by keeping it, after the fork by reporting it.
    pub(super) fn fail(&mut self, error: Error) {
        if let Some(pid_file) = self.pid_file.take() {
            let _ = pid_file.remove();
        }
        if self.reporter.is_some() {
            self.report(&Message::of(&error));
            signal_hook::low_level::exit(1);
        }
        self.outcome = Some(Err(error));
    }

    pub(super) fn report(&mut self, message: &Message) {
        if let Some(reporter) = &mut self.reporter {
            reporter.send(message);
        }
    }
}
