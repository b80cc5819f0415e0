//! The state of the way from the caller to the daemon.

use std::ffi::OsString;

use super::back::go_back;
use super::detached::{Detached, End, Mode, leave_supervisor};
use crate::confine::chroot::Outside;
use crate::detach::ready::{Message, Reporter};
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::pid_file::PidFile;
use crate::instance::state::Page;
use crate::instance::supervisor::Supervisor;
use crate::listen::{Inherited, Listeners};
use crate::logger::fatal;
use crate::os::console::TARGET;
use crate::os::sys::Copies;
use crate::settings::{InForce, Settings};
use crate::signal::Signal;
use crate::trust::Place;
use crate::upgrade::{Inheritance, Invocation};

/// The state that each step passes on. It is on the heap, so that it is not copied on the stack.
#[derive(Debug)]
pub(crate) struct Way {
    pub(super) settings: Box<Settings>,
    pub(super) signals: &'static [Signal],
    pub(super) mode: Mode,
    pub(super) role: Role,
    pub(super) lock: Option<LockFile>,
    /// The reason why a daemon in a container runs without a lock.
    pub(super) lockless: Option<String>,
    /// The directory of the lock, if the verb has walked there, and for the process that takes it.
    pub(super) place: Option<Place>,
    pub(super) reporter: Option<Reporter>,
    /// The descriptors that were open at the second fork, until the daemon closes them.
    pub(super) copies: Option<Copies>,
    pub(super) page: Option<Page>,
    pub(super) pid_file: Option<PidFile>,
    /// The sockets with which the caller was started, until a listener has them.
    pub(super) inherited: Inherited,
    pub(super) listeners: Listeners,
    pub(super) outside: Option<Outside>,
    /// The place of the log, as the state page has it.
    pub(super) log_place: OsString,
    /// The supervisor of a foreground daemon, or the unit that started this one.
    pub(super) supervisor: Option<Supervisor>,
    pub(super) invocation: Invocation,
    /// The inheritance from the program before this one, in a daemon that an upgrade continues.
    pub(super) inheritance: Option<Inheritance>,
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
        place: Option<Place>,
    ) -> Self {
        Self {
            settings,
            signals,
            mode,
            role: Role::Caller,
            lock,
            lockless: None,
            place,
            reporter: None,
            copies: None,
            page: None,
            pid_file: None,
            inherited: Inherited::default(),
            listeners: Listeners::default(),
            outside: None,
            log_place: OsString::new(),
            supervisor: None,
            invocation: Invocation::default(),
            inheritance: None,
            outcome: None,
        }
    }

    /// Notes how the program of this process was started, in the caller.
    pub(crate) fn of_invocation(self, invocation: Invocation) -> Self {
        Self { invocation, ..self }
    }

    /// Returns the result.
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
                    listeners: self.listeners,
                    reporter: self.reporter,
                    outside: self.outside,
                    log_place: self.log_place,
                    supervisor: self.supervisor,
                    invocation: self.invocation,
                    inheritance: self.inheritance.map(Box::new),
                    config: InForce::default(),
                })),
                _ => End::Caller(Err(Error::other("the start ended without a lock"))),
            },
        }
    }

    /// Ends the way with an error. The caller keeps it. After the fork the process reports it and
    /// exits.
    pub(super) fn fail(&mut self, error: Error) {
        if self.inheritance.is_some() {
            go_back(&error.to_string());
        }
        if let Some(page) = self.page {
            leave_supervisor(page, self.supervisor.as_ref());
        }
        if let Some(pid_file) = self.pid_file.take() {
            let _ = pid_file.remove();
        }
        if let Some(opener) = self.settings.spec.opener {
            let _ = (opener.remove_files)(&self.listeners);
        }
        if self.reporter.is_some() {
            if !self.report(&Message::of(&error)) {
                fatal!(target: TARGET, "cannot start: {error}");
            }
            signal_hook::low_level::exit(1);
        }
        self.outcome = Some(Err(error));
    }

    /// Returns false if no caller reads the message.
    pub(super) fn report(&mut self, message: &Message) -> bool {
        let reporter = self.reporter.as_mut();
        reporter.is_some_and(|reporter| reporter.send(message))
    }
}
