//! The daemon's life: build, start, turn after turn, stop.

use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::time::Instant;

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::attention;
use crate::children::Children;
use crate::context::Context;
use crate::daemon::{Daemon, Event};
use crate::detach::{Detached, Mode};
use crate::error::Error;
use crate::keeper::{self, Keeper};
use crate::logger;
use crate::manager;
use crate::notify::State;
use crate::outcome::Outcome;
use crate::panics::{self, PANICKED};
use crate::signal::pending::Batch;
use crate::signal::{SignalInfo, deadline, pending, queue};
use crate::state::{Page, Phase};
use crate::timers::Timers;

/// The target of the runtime's own records.
const TARGET: &str = "daemon";

/// Why a hook did not end well.
enum Fault {
    /// It returned an error.
    Failed(String),
    /// It panicked, which has been told already.
    Panicked,
}

impl Fault {
    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Panicked => PANICKED,
        }
    }
}

/// The daemon while it lives.
struct Life<D> {
    daemon: D,
    context: Context,
    timers: Timers,
    detached: Detached,
    keeper: Keeper,
    terminal: Terminal,
    /// Whether a reload has stopped it and could not start it again: there is nothing to stop.
    is_stopped: bool,
    /// Whether `run` exists: a daemon of timers and signals alone sleeps in between.
    runs: bool,
}

/// Whether a foreground daemon was started in a terminal: when that hangs up, SIGHUP means the end
/// and not a reload.
struct Terminal(bool);

impl Terminal {
    fn find(mode: Mode) -> Self {
        // A detached daemon has left its session, and with it the terminal.
        Self(mode == Mode::Foreground && std::fs::File::open("/dev/tty").is_ok())
    }

    fn is_gone(&self) -> bool {
        self.0 && !Self::find(Mode::Foreground).0
    }
}

/// Lives the daemon's life and exits with its code. In the daemon process: the user's `main` is
/// never returned to, so nothing of it is dropped twice.
pub(crate) fn serve<D: Daemon>(mut detached: Detached) -> ! {
    panics::install(detached.reporter.take());
    let page = detached.page;
    page.set_level(logger::level());
    attention::change(|now| now.page = Some(page));
    let code = match begin::<D>(detached) {
        Ok(life) => life.live(),
        Err(code) => code,
    };
    logger::flush();
    process::exit(i32::from(code))
}

/// Builds the daemon and starts it. On failure the reason has been told, and the pid file is gone.
fn begin<D: Daemon>(detached: Detached) -> Result<Life<D>, u8> {
    manager::tell(&[State::ExtendTimeout(detached.settings.start_timeout)]);
    let children = Children::new(D::SPEC.children);
    attention::change(|now| now.has_children = children.matter());
    let context = Context::new(detached.page, children);
    let created = in_hook(&context, "new", D::create)
        .and_then(|created| created.map_err(|failure| Fault::Failed(failure.to_string())));
    let daemon = match created {
        Ok(daemon) => daemon,
        Err(fault) => return Err(give_up(&detached, "new", &fault)),
    };
    let mut life = Life {
        daemon,
        context,
        timers: Timers::new(D::SPEC.timers),
        keeper: Keeper::new(),
        terminal: Terminal::find(detached.mode),
        detached,
        is_stopped: false,
        runs: true,
    };
    let started = life
        .call("on_start", Event::Start)
        .map_err(|fault| ("on_start", fault))
        .and_then(|_| life.leave_caller().map_err(|fault| ("start", fault)));
    if let Err((step, fault)) = started {
        let Life {
            daemon,
            mut context,
            detached,
            ..
        } = life;
        let code = give_up(&detached, step, &fault);
        let _ = in_hook(&context, "drop", || drop(daemon));
        context.children.end(Instant::now());
        keep_lock(detached);
        return Err(code);
    }
    life.timers.start();
    life.context.page.set_phase(Phase::Running);
    panics::ready();
    // Nobody waits for this.
    keeper::watch(&life.detached);
    manager::ready();
    Ok(life)
}

/// Ends a start that failed. The pid file goes first: the caller may look as soon as it hears.
fn give_up(detached: &Detached, hook: &str, fault: &Fault) -> u8 {
    remove_pid_file(detached);
    if let Fault::Failed(reason) = fault {
        let reason = format!("`{hook}` failed: {reason}");
        manager::tell(&[State::Status(&reason)]);
        manager::flush();
        if !panics::report(&reason) {
            crate::fatal!(target: TARGET, "{reason}");
        }
    }
    fault.code()
}

impl<D: Daemon> Life<D> {
    /// The last ties to whoever started the daemon: its terminal, and the verbs' lock.
    fn leave_caller(&self) -> Result<(), Fault> {
        let left = match self.detached.mode {
            Mode::Detached => leave_stdio(),
            Mode::Foreground => self.detached.lock.release_verb(),
        };
        left.map_err(|error| Fault::Failed(error.to_string()))
    }

    /// From the first turn to the exit code.
    fn live(mut self) -> u8 {
        let turns = self.turns();
        // Also for a stop that no signal asked for.
        let asked = deadline::asked();
        let mut code = match &turns {
            Ok(()) => 0,
            Err(fault) => fault.code(),
        };
        self.context.page.set_phase(Phase::Stopping);
        let limit = self.detached.settings.stop_timeout;
        manager::tell(&[State::Stopping, State::ExtendTimeout(limit)]);
        attention::change(|now| (now.stopping, now.in_on_stop) = (true, true));
        if !self.is_stopped
            && let Err(fault) = self.call("on_stop", Event::Stop)
        {
            if let Fault::Failed(reason) = &fault {
                log::error!(target: TARGET, "`on_stop` failed: {reason}");
            }
            code = code.max(fault.code());
        }
        let Self {
            daemon,
            mut context,
            detached,
            ..
        } = self;
        let dropped = in_hook(&context, "drop", || drop(daemon));
        // Before `stop` loses its patience: whoever is killed then could end no child any more.
        context.children.end(asked + limit / 10 * 9);
        remove_pid_file(&detached);
        manager::flush();
        keep_lock(detached);
        let code = dropped.map_or_else(|fault| fault.code(), |()| code);
        if code == 0 {
            context.code.unwrap_or(0)
        } else {
            code
        }
    }

    /// Turn after turn until a stop.
    fn turns(&mut self) -> Result<(), Fault> {
        let mut next_run = Instant::now();
        loop {
            self.deliver()?;
            if !self.context.is_running() {
                note_stop();
                return Ok(());
            }
            self.keep()?;
            manager::turn();
            let interval = self.detached.settings.interval;
            if !self.runs {
                attention::wait(&[], None);
            } else if Instant::now() < next_run {
                attention::wait(
                    &[],
                    Some(next_run.saturating_duration_since(Instant::now())),
                );
            } else {
                next_run = Instant::now() + interval;
                self.runs = self
                    .call("run", Event::Run)
                    .map_err(|fault| fatal("run", fault))?;
            }
        }
    }

    /// Once a second, mends what somebody removed.
    fn keep(&mut self) -> Result<(), Fault> {
        match self.keeper.tick(&mut self.detached) {
            Ok(true) => self.use_page(self.detached.page),
            Ok(false) => {}
            Err(error) => {
                crate::fatal!(target: TARGET, "the lock file was replaced: {error}");
                return Err(Fault::Failed(error.to_string()));
            }
        }
        attention::apply_wanted_level(Some(self.detached.page));
        Ok(())
    }

    fn use_page(&mut self, page: Page) {
        deadline::use_page(page);
        self.context.page = page;
        attention::change(|now| now.page = Some(page));
    }

    /// Dispatches what has arrived: a stop before anything else, then a reload, signals by number,
    /// children, timers.
    fn deliver(&mut self) -> Result<(), Fault> {
        let mut batch = Batch::begin();
        while self.context.is_running() {
            if let Some(info) = pending::take_reload() {
                if self.terminal.is_gone() {
                    log::info!(target: TARGET, "the terminal is gone: stopping");
                    self.context.stop();
                } else {
                    self.reload(info)?;
                }
            } else if let Some(info) = batch.next(self.detached.signals) {
                self.signal(info)?;
            } else {
                break;
            }
        }
        let lost = queue::take_lost();
        if lost != 0 {
            log::error!(target: TARGET, "{lost} realtime signals were lost: the queue was full");
        }
        self.reap()?;
        self.tick()?;
        attention::change(|now| now.next_timer = self.timers.next());
        Ok(())
    }

    /// Calls the timers that are due now. One that takes longer than its period is due again
    /// afterwards, and waits for the next turn: `run` and the signals have theirs, too.
    fn tick(&mut self) -> Result<(), Fault> {
        let now = Instant::now();
        while self.context.is_running() {
            let Some(name) = self.timers.take_due(now) else {
                break;
            };
            // Its method may wait, for the next tick and not for this one.
            attention::change(|now| now.next_timer = self.timers.next());
            self.call(name, Event::Timer(name))
                .map_err(|fault| fatal(name, fault))?;
        }
        Ok(())
    }

    fn signal(&mut self, info: SignalInfo) -> Result<(), Fault> {
        let event = Event::Signal(info.signal, info);
        if !self
            .call("on_signal", event)
            .map_err(|fault| fatal("on_signal", fault))?
        {
            log::info!(target: TARGET, "{info} has no handler");
        }
        Ok(())
    }

    fn reap(&mut self) -> Result<(), Fault> {
        if !pending::take_child() {
            return Ok(());
        }
        while let Some(exit) = self.context.children.reap() {
            let handled = self.call("on_child", Event::Child(exit));
            if !handled.map_err(|fault| fatal("on_child", fault))? {
                log::info!(target: TARGET, "child {} ended: {}", exit.pid, exit.status);
            }
        }
        let matter = self.context.children.matter();
        attention::change(|now| now.has_children = matter);
        Ok(())
    }

    /// Opens the log anew, then reloads: by the user's own method, or by a stop and a start in the
    /// same process. After a stop whose start fails there is nothing left to go on with.
    fn reload(&mut self, info: SignalInfo) -> Result<(), Fault> {
        log::info!(target: TARGET, "{info}: reloading");
        self.context.page.begin_reload();
        let limit = self.detached.settings.start_timeout;
        manager::tell(&[State::Reloading, State::ExtendTimeout(limit)]);
        if let Err(error) = logger::reopen() {
            log::error!(target: TARGET, "the log stays in the old file: {error}");
        }
        let result = match self.call("on_reload", Event::Reload) {
            Ok(true) => Ok(()),
            Ok(false) => return self.restart_in_place(),
            Err(fault) => Err(fault),
        };
        match result {
            Ok(()) => self.context.page.end_reload(None, Phase::Running),
            Err(Fault::Failed(reason)) => {
                log::error!(target: TARGET, "`on_reload` failed: {reason}");
                self.context.page.end_reload(Some(&reason), Phase::Running);
            }
            Err(Fault::Panicked) => {
                self.context
                    .page
                    .end_reload(Some("`on_reload` panicked"), Phase::Stopping);
                return Err(Fault::Panicked);
            }
        }
        manager::tell(&[State::Ready]);
        Ok(())
    }

    /// The reload of a daemon without `on_reload`. When the second half fails there is no old state
    /// to go on with, so the daemon ends.
    fn restart_in_place(&mut self) -> Result<(), Fault> {
        let stopped = self
            .call("on_stop", Event::Stop)
            .map_err(|fault| ("on_stop", fault));
        let started = stopped.and_then(|_| {
            self.call("on_start", Event::Start)
                .map_err(|fault| ("on_start", fault))
        });
        if let Err((name, fault)) = started {
            self.is_stopped = true;
            let reason = match &fault {
                Fault::Failed(reason) => format!("`{name}` failed: {reason}"),
                Fault::Panicked => format!("`{name}` panicked"),
            };
            self.context.page.end_reload(Some(&reason), Phase::Stopping);
            return Err(fatal(name, fault));
        }
        self.context.page.end_reload(None, Phase::Running);
        manager::tell(&[State::Ready]);
        Ok(())
    }

    /// Calls the user's method for `event`. Whether there is one.
    fn call(&mut self, name: &'static str, event: Event) -> Result<bool, Fault> {
        let Self {
            daemon, context, ..
        } = self;
        let page = context.page;
        page.enter_hook(name);
        let outcome = catch_unwind(AssertUnwindSafe(|| daemon.dispatch(event, context)));
        page.leave_hook();
        match outcome {
            Ok(Outcome::Done) => Ok(true),
            Ok(Outcome::Unhandled) => Ok(false),
            Ok(Outcome::Failed(failure)) => Err(Fault::Failed(failure.to_string())),
            Err(_) => {
                panics::caught(name);
                Err(Fault::Panicked)
            }
        }
    }
}

/// Leaves the lock to the end of the process: a drop would free it while the logger flushes and the
/// C library's `atexit` handlers run. The kernel takes the rest more quickly, too.
fn keep_lock(detached: Detached) {
    std::mem::forget(detached);
}

/// Says in the log who stops the daemon.
fn note_stop() {
    if let Some(info) = pending::take_stop() {
        log::info!(target: TARGET, "{info}: stopping");
    }
    attention::change(|now| now.stopping = true);
}

/// Runs the user's code that is no method of the daemon: `new`, `drop`.
fn in_hook<T>(context: &Context, name: &str, run: impl FnOnce() -> T) -> Result<T, Fault> {
    context.page.enter_hook(name);
    let result = catch_unwind(AssertUnwindSafe(run));
    context.page.leave_hook();
    result.map_err(|_| {
        panics::caught(name);
        Fault::Panicked
    })
}

/// Says in the log that the daemon ends for `fault`.
fn fatal(hook: &str, fault: Fault) -> Fault {
    if let Fault::Failed(reason) = &fault {
        crate::fatal!(target: TARGET, "`{hook}` failed: {reason}");
    }
    fault
}

/// stdin, stdout and stderr to `/dev/null`: the caller's terminal or pipe is free again.
fn leave_stdio() -> Result<(), Error> {
    let failed = |source| Error::at("open", "/dev/null".as_ref(), source);
    let null = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(failed)?;
    dup2_stdin(null.as_fd())
        .and_then(|()| dup2_stdout(null.as_fd()))
        .and_then(|()| dup2_stderr(null.as_fd()))
        .map_err(|errno| Error::step("leave the terminal", errno))
}

fn remove_pid_file(detached: &Detached) {
    if let Some(pid_file) = &detached.pid_file
        && let Err(error) = pid_file.remove()
    {
        let path = detached.settings.pid_file.display();
        log::error!(target: TARGET, "cannot remove {path}: {error}");
    }
}
