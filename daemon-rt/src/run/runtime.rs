//! The parts that outlive the daemon's value: files, children, the loop's own notes.

use std::time::Instant;

use super::backoff::Backoff;
use super::fault::{Fault, call, in_hook};
use super::terminal::Terminal;
use crate::confine::chroot::Outside;
use crate::context::Context;
use crate::context::children::Children;
use crate::context::wait;
use crate::daemon::{Daemon, Event};
use crate::detach::{Detached, Mode};
use crate::error::Error;
use crate::instance::state::Page;
use crate::logger::fatal;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::os::stdio::{open_null, point_stdio_at};
use crate::pending;
use crate::run::keeper::Keeper;
use crate::run::panics;

/// The daemon process without its value.
pub(super) struct Runtime {
    pub(super) context: Context,
    pub(super) detached: Box<Detached>,
    pub(super) terminal: Terminal,
    pub(super) backoff: Backoff,
    keeper: Keeper,
}

/// A start of the value that came to nothing.
pub(super) struct FailedStart<D> {
    pub(super) step: &'static str,
    pub(super) fault: Fault,
    /// The value, when it was built but not started.
    pub(super) daemon: Option<D>,
}

impl<D> FailedStart<D> {
    pub(super) fn new(step: &'static str, fault: Fault, daemon: Option<D>) -> Self {
        Self {
            step,
            fault,
            daemon,
        }
    }
}

impl Runtime {
    pub(super) fn new<D: Daemon>(mut detached: Box<Detached>) -> Self {
        let children = Children::new(D::SPEC.children);
        wait::change(|now| now.has_children = children.matter());
        Self {
            context: Context::new(detached.page, children),
            terminal: Terminal::find(&mut detached),
            backoff: Backoff::new(),
            keeper: Keeper::new(),
            detached,
        }
    }

    /// Builds the daemon's value and starts it.
    pub(super) fn build<D: Daemon>(&mut self) -> Result<D, FailedStart<D>> {
        let created = in_hook(self.context.page, "new", D::create)
            .and_then(|created| created.map_err(|failure| Fault::Failed(failure.to_string())));
        let mut daemon = created.map_err(|fault| FailedStart::new("new", fault, None))?;
        match call(&mut daemon, &mut self.context, "on_start", Event::Start) {
            Ok(_) => Ok(daemon),
            Err(fault) => Err(FailedStart::new("on_start", fault, Some(daemon))),
        }
    }

    /// Gives up what still binds the daemon to its caller: the terminal, and the verbs' lock.
    pub(super) fn leave_caller(&self) -> Result<(), Fault> {
        let left = match self.detached.mode {
            Mode::Detached => leave_stdio(self.detached.outside.as_ref()),
            Mode::Foreground | Mode::Contained => self.detached.lock.release_verb(),
        };
        left.map_err(|error| Fault::Failed(error.to_string()))
    }

    /// Ends a start that failed. The pid file goes first: the caller may look as soon as it hears.
    pub(super) fn give_up<D>(mut self, failed: FailedStart<D>) -> u8 {
        let FailedStart {
            step,
            fault,
            daemon,
        } = failed;
        self.remove_pid_file();
        if let Fault::Failed(reason) = &fault {
            let reason = format!("`{step}` failed: {reason}");
            manager::tell(&[State::Status(&reason)]);
            manager::flush();
            if !panics::report(&reason) {
                fatal!(target: TARGET, "{reason}");
            }
        }
        if let Some(daemon) = daemon {
            let _ = self.drop_value(daemon, Instant::now);
        }
        self.leak_lock();
        fault.code()
    }

    /// Drops the value, and ends its children until `end`, which a verb may still bring nearer.
    pub(super) fn drop_value<D>(
        &mut self,
        daemon: D,
        end: impl Fn() -> Instant,
    ) -> Result<(), Fault> {
        let dropped = in_hook(self.context.page, "drop", || drop(daemon));
        self.context.children.end(end);
        dropped
    }

    /// Does the last work before the process exits.
    pub(super) fn end(self) {
        self.remove_pid_file();
        manager::flush();
        self.leak_lock();
    }

    /// Once a second, mends what somebody removed.
    pub(super) fn keep(&mut self) -> Result<(), Fault> {
        match self.keeper.tick(&mut self.detached) {
            Ok(true) => self.use_page(self.detached.page),
            Ok(false) => {}
            Err(error) => {
                fatal!(target: TARGET, "lost the lock file to another daemon: {error}");
                return Err(Fault::Failed(error.to_string()));
            }
        }
        wait::apply_wanted_level(Some(self.detached.page));
        Ok(())
    }

    fn use_page(&mut self, page: Page) {
        deadline::use_word(page.stop_limit());
        self.context.page = page;
        wait::change(|now| now.page = Some(page));
    }

    fn remove_pid_file(&self) {
        if let Some(pid_file) = &self.detached.pid_file
            && let Err(error) = pid_file.remove()
        {
            let path = self.detached.settings.pid_file.display();
            log::error!(target: TARGET, "cannot remove {path}: {error}");
        }
    }

    /// Leaves the lock to the end of the process: a drop would free it while the logger flushes and
    /// the C library's `atexit` handlers run. The kernel frees the rest faster as well.
    fn leak_lock(self) {
        std::mem::forget(self);
    }
}

/// stdin, stdout and stderr to `/dev/null`: the caller's terminal or pipe is free again.
fn leave_stdio(outside: Option<&Outside>) -> Result<(), Error> {
    match outside {
        Some(outside) => point_stdio_at(&outside.null),
        None => point_stdio_at(&open_null()?),
    }
}

/// Says in the log who stops the daemon.
pub(super) fn note_stop() {
    if let Some(info) = pending::take_stop() {
        log::info!(target: TARGET, "{info}: stopping");
    }
    wait::change(|now| now.stopping = true);
}
