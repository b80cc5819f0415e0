//! The parts that outlive the daemon's value: files, children, the state of the loop.

use std::time::{Duration, Instant};

use super::backoff::Backoff;
use super::config::{Next, Refusal};
use super::fault::{Fault, call, in_hook};
use super::terminal::Terminal;
use crate::confine::chroot::Outside;
use crate::context::Context;
use crate::context::children::Children;
use crate::context::{life, wait, work};
use crate::daemon::{Daemon, Event, Hooks};
use crate::detach::{self, Detached, Mode, leave_supervisor};
use crate::error::Error;
use crate::instance::state::Page;
use crate::logger::fatal;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::os::stdio::{open_null, point_stdio_at};
use crate::os::sys::rollback;
use crate::pending;
use crate::resources::Resources;
use crate::run::keeper::Keeper;
use crate::run::panics;
use crate::run::upgrade::Stage;

/// The daemon process without its value.
pub(super) struct Runtime {
    pub(super) context: Context,
    pub(super) detached: Box<Detached>,
    pub(super) terminal: Terminal,
    pub(super) backoff: Backoff,
    pub(super) upgrade: Stage,
    keeper: Keeper,
}

/// A start of the value that failed.
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

    /// Returns the reason.
    pub(super) fn text(&self) -> String {
        match &self.fault {
            Fault::Failed(reason) => format!("`{}` failed: {reason}", self.step),
            Fault::Panicked(text) => text.clone(),
        }
    }
}

impl Runtime {
    pub(super) fn new<D: Daemon>(mut detached: Box<Detached>) -> Self {
        let mut children = Children::new(D::SPEC.children);
        if let Some(from) = &detached.inheritance {
            children.take_over(from);
        }
        wait::change(|now| now.has_children = children.matter());
        work::publish_in(detached.page);
        Self {
            context: Context::new(detached.page, children),
            terminal: Terminal::find(&mut detached),
            backoff: Backoff::new(),
            upgrade: Stage::default(),
            keeper: Keeper::new(),
            detached,
        }
    }

    /// Builds a value from the settings of a reload, while the old value lives.
    pub(super) fn create<D: Hooks>(&mut self, next: &Next) -> Result<D, Fault> {
        let number = life::prepare_value();
        let created = in_hook(self.context.page, "new", || {
            let resources = next.resources().with_listeners(&self.detached.listeners);
            D::create(&mut resources.with(&mut self.context))
        });
        life::end_preparing(created.is_ok());
        if created.is_err() {
            self.end_children_of(number);
        }
        created
    }

    /// Builds the daemon's value and starts it.
    pub(super) fn build<D: Hooks>(&mut self) -> Result<D, FailedStart<D>> {
        life::begin_value();
        let created = in_hook(self.context.page, "new", || {
            let Detached {
                config, listeners, ..
            } = &*self.detached;
            let resources = Resources::in_force(config).with_listeners(listeners);
            D::create(&mut resources.with(&mut self.context))
        });
        let mut daemon = created.map_err(|fault| FailedStart::new("new", fault, None))?;
        match call(&mut daemon, &mut self.context, "on_start", Event::Start) {
            Ok(_) => Ok(daemon),
            Err(fault) => Err(FailedStart::new("on_start", fault, Some(daemon))),
        }
    }

    /// Releases the caller's resources: the standard streams of a detached daemon, or the verb
    /// lock.
    pub(super) fn leave_caller(&self) -> Result<(), Fault> {
        let left = match self.detached.mode {
            Mode::Detached => leave_stdio(self.detached.outside.as_ref()),
            Mode::Foreground | Mode::Contained => self.detached.lock.release_verb(),
        };
        left.map_err(|error| Fault::Failed(error.to_string()))
    }

    /// Ends a start that failed, and returns the exit code. The pid file is removed first, since
    /// the caller may look for it as soon as it has the answer.
    pub(super) fn give_up<D>(mut self, failed: FailedStart<D>) -> u8 {
        let code = self.report(failed);
        self.leak_lock();
        code
    }

    /// As [`Runtime::give_up`], for a process that exits without dropping this.
    pub(super) fn report<D>(&mut self, mut failed: FailedStart<D>) -> u8 {
        if rollback::is_armed() {
            if let Some(daemon) = failed.daemon.take() {
                let _ = self.drop_only(daemon);
            }
            // Those of the program before are still its own.
            self.context.children.end_of(life::value(), Instant::now);
            detach::go_back(&failed.text());
        }
        self.lose_upgrade(&failed.text());
        self.remove_pid_file();
        if let Fault::Failed(_) = &failed.fault {
            let reason = failed.text();
            manager::notify(&[State::Status(&reason)]);
            manager::flush();
            if !panics::report(&reason) {
                fatal!(target: TARGET, "{reason}");
            }
        }
        if let Some(daemon) = failed.daemon {
            let _ = self.drop_value(daemon, Instant::now);
        }
        failed.fault.code()
    }

    /// Returns when the work in flight is left alone, in a stop that began at `asked`.
    pub(super) fn drain_end(&self, asked: Instant) -> Instant {
        asked + deadline::drain_limit(self.detached.settings.spec.drain)
    }

    /// Ends a start because of the settings, for a process that exits without dropping this. Returns
    /// the exit code.
    pub(super) fn refuse(&self, refusal: &Refusal) -> u8 {
        detach::go_back(&refusal.text());
        self.lose_upgrade(&refusal.text());
        self.remove_pid_file();
        let code = refusal.code();
        if let Some(error) = refusal.error() {
            let reason = error.to_string();
            manager::notify(&[State::Status(&reason)]);
            manager::flush();
            if !panics::report_as(code, &reason) {
                for line in reason.lines() {
                    fatal!(target: TARGET, "{line}");
                }
            }
        }
        code
    }

    /// Drops the value and ends its children. SIGKILL follows at `end`, which a verb may still
    /// bring nearer.
    pub(super) fn drop_value<D>(
        &mut self,
        daemon: D,
        end: impl Fn() -> Instant,
    ) -> Result<(), Fault> {
        let dropped = self.drop_only(daemon);
        self.context.children.end(end);
        dropped
    }

    /// Drops the value. Its children stay.
    pub(super) fn drop_only<D>(&self, daemon: D) -> Result<(), Fault> {
        in_hook(self.context.page, "drop", || {
            drop(daemon);
            Ok(())
        })
    }

    /// Does the last work before the process exits.
    pub(super) fn end(self) {
        self.finish();
        self.leak_lock();
    }

    /// As [`Runtime::end`], for a process that exits without dropping this.
    pub(super) fn finish(&self) {
        self.remove_pid_file();
        manager::flush();
    }

    /// Restores files that were removed, at most once a second.
    pub(super) fn keep(&mut self) -> Result<(), Fault> {
        match self.keeper.tick(&mut self.detached) {
            Ok(true) => self.use_page(self.detached.page),
            Ok(false) => {}
            Err(error) => {
                fatal!(target: TARGET, "lost the lock file to another daemon: {error}");
                return Err(Fault::Failed(error.to_string()));
            }
        }
        wait::apply_requests(Some(self.detached.page));
        Ok(())
    }

    fn use_page(&mut self, page: Page) {
        deadline::use_word(page.stop_limit());
        work::publish_in(page);
        self.context.page = page;
        wait::change(|now| now.page = Some(page));
    }

    fn remove_pid_file(&self) {
        leave_supervisor(self.context.page, self.detached.supervisor.as_ref());
        if let Some(pid_file) = &self.detached.pid_file
            && let Err(error) = pid_file.remove()
        {
            let path = self.detached.settings.pid_file.display();
            log::error!(target: TARGET, "cannot remove {path}: {error}");
        }
        self.remove_sockets();
    }

    fn remove_sockets(&self) {
        // The paths lead elsewhere in a root of its own, and a verb removes the files.
        if self.detached.outside.is_some() {
            return;
        }
        if let Some(opener) = self.detached.settings.spec.opener
            && let Err(error) = (opener.remove_files)(&self.detached.listeners)
        {
            log::debug!(target: TARGET, "{error}; the verb `stop` and the next start remove it");
        }
    }

    /// Keeps the lock until the process ends. A drop would release it while the logger flushes and
    /// the C library's `atexit` handlers run.
    pub(super) fn leak_lock(self) {
        std::mem::forget(self);
    }
}

/// Points stdin, stdout and stderr at `/dev/null`, so that the caller's terminal or pipe is free.
fn leave_stdio(outside: Option<&Outside>) -> Result<(), Error> {
    match outside {
        Some(outside) => point_stdio_at(&outside.null),
        None => point_stdio_at(&open_null()?),
    }
}

/// Logs how the work in flight ended after `took`; `dropped` are the hooks that had not returned.
pub(super) fn note_drained(took: Duration, dropped: &[&str]) {
    let guards = match work::in_flight() {
        0 if dropped.is_empty() => {
            log::debug!(target: TARGET, "drained in {took:?}");
            return;
        }
        0 => String::new(),
        1 => "; 1 guard is left".to_owned(),
        guards => format!("; {guards} guards are left"),
    };
    let hooks = match dropped.join("`, `") {
        names if names.is_empty() => names,
        names => format!("; dropped `{names}`"),
    };
    log::warn!(target: TARGET, "gave up draining after {took:?}{hooks}{guards}");
}

/// Logs the signal that stops the daemon.
pub(super) fn note_stop() {
    if let Some(info) = pending::take_stop() {
        log::info!(target: TARGET, "{info}: stopping");
    }
    wait::change(|now| now.stopping = true);
}
