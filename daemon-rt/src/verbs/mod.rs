//! The verbs: their actions, their output and their exit codes (LSB 20.2).
//!
//! Every function here runs in the process that the user started. A function that starts a daemon
//! returns only there. In the daemon the program ends in [`crate::run`].

mod check;
#[cfg(feature = "config")]
mod config;
mod holder;
#[cfg(feature = "cli")]
mod json;
mod last_records;
#[cfg(feature = "cli")]
mod logs;
mod reload;
#[cfg(feature = "cli")]
mod request;
mod start;
mod status;
mod stop;
mod supervisor;
mod takeover;
#[cfg(feature = "units")]
mod unit;
mod upgrade;
#[cfg(feature = "config")]
mod verdict;

use std::process::ExitCode;

use crate::daemon::Daemon;
use crate::detach::init;
use crate::error::Error;
use crate::instance::lock::Holder;
use crate::instance::queue::Purpose;
#[cfg(feature = "cli")]
use crate::logger::Level;
use crate::manager;
use crate::os::console::{complain, report};
#[cfg(all(feature = "cli", feature = "config"))]
use crate::settings::CONFIG;
use crate::settings::places::Places;
use crate::settings::{Overrides, Settings, VerbKind};
#[cfg(feature = "cli")]
use crate::signal::Signal;
use crate::verbs::holder::find_lock;
use crate::verbs::stop::Stopped;

pub(crate) use self::status::Detail;
#[cfg(feature = "units")]
pub(crate) use self::unit::{Action, Request};

/// A verb with its arguments. Variants that need the features `cli` or `units` are compiled out.
#[derive(Debug, Clone)]
pub(crate) enum Verb {
    /// Starts the daemon, detached, and waits until it is ready.
    Start,
    /// Stops the daemon, and waits until it is gone.
    ///
    /// With `kill` sends SIGKILL if that takes longer than `stop_timeout`.
    Stop {
        /// Whether SIGKILL may be used.
        kill: bool,
    },
    /// Stops the daemon if it runs, and starts it.
    Restart {
        /// Whether a daemon that does not run stays stopped (`try-restart`, `condrestart`).
        only_if_running: bool,
        /// Whether SIGKILL may be used.
        kill: bool,
    },
    /// Reports whether the daemon runs, by exit code and in words.
    Status(Detail),
    /// Makes the daemon reload its state, and waits for the result.
    Reload,
    /// Makes another program take over the process of the daemon, and waits for the result.
    Upgrade,
    /// Sends a signal that the daemon handles.
    #[cfg(feature = "cli")]
    Signal(Signal),
    /// Sets or prints the level of the running daemon.
    #[cfg(feature = "cli")]
    LogLevel(Option<Level>),
    /// Shows the end of the log.
    #[cfg(feature = "cli")]
    Logs {
        /// The number of lines.
        lines: usize,
        /// Whether to print lines as they are appended.
        follow: bool,
    },
    /// Prints, checks, installs or removes the files of an init system.
    #[cfg(feature = "units")]
    Unit(Request),
    /// Shows the settings of the daemon itself: those in force, or those of the next start.
    #[cfg(feature = "config")]
    Config {
        /// Whether to read them as a start would.
        next: bool,
        /// Whether to print one JSON object.
        json: bool,
    },
    /// Checks whether a start would succeed.
    Check,
    /// Becomes the daemon, in the foreground.
    Run,
}

impl Verb {
    /// Returns the kind of the verb, as in the table of the command line.
    pub(crate) fn kind(&self) -> VerbKind {
        match self {
            Self::Start | Self::Restart { .. } | Self::Check => VerbKind::Starting,
            Self::Run => VerbKind::Running,
            #[cfg(feature = "config")]
            Self::Config { next: true, .. } => VerbKind::Starting,
            #[cfg(feature = "config")]
            Self::Config { next: false, .. } => VerbKind::Identifying,
            Self::Stop { .. } | Self::Reload | Self::Upgrade => VerbKind::Waiting,
            Self::Status(_) => VerbKind::Identifying,
            #[cfg(feature = "cli")]
            Self::LogLevel(_) => VerbKind::Waiting,
            #[cfg(feature = "cli")]
            Self::Signal(_) => VerbKind::Identifying,
            #[cfg(feature = "cli")]
            Self::Logs { .. } => VerbKind::Reading,
            #[cfg(feature = "units")]
            Self::Unit(_) => VerbKind::Installing,
        }
    }
}

/// Performs `verb` for the daemon `D`, with the options `overrides` of the command line.
///
/// Returns the exit code of a verb that succeeded. Does not return in the daemon process. The verbs
/// are not inlined, so that their locals do not stay on the daemon's stack.
///
/// # Errors
/// The reason why the verb failed.
#[cfg_attr(
    not(feature = "units"),
    allow(
        clippy::needless_pass_by_value,
        reason = "no verb holds anything large then"
    )
)]
fn perform<D: Daemon>(verb: Verb, overrides: &Overrides) -> Result<u8, Error> {
    let places = match &verb {
        #[cfg(feature = "units")]
        Verb::Unit(request) if request.choice.user_manager.is_none() => Places::System,
        _ => Places::Own,
    };
    #[cfg(all(feature = "cli", feature = "config"))]
    if let Verb::Config { next: false, .. } = verb
        && (overrides.all(CONFIG).next().is_some() || overrides.set().next().is_some())
    {
        return Err(Error::usage(
            "the daemon runs with other options; pass --next for what these would change",
        ));
    }
    let kind = verb.kind();
    let settings = Settings::resolve(&D::SPEC, overrides, kind, places)?;
    if kind.starts() {
        settings.check_panics()?;
    }
    if matches!(verb, Verb::Start | Verb::Restart { .. }) {
        manager::refuse_manager(settings.name)?;
        init::refuse_to_leave(settings.name)?;
    }
    let mut place = None;
    let is_done = match &verb {
        Verb::Start => supervisor::ask(&settings, false, true, &mut place)?,
        Verb::Restart {
            only_if_running, ..
        } => supervisor::ask(&settings, true, !only_if_running, &mut None)?,
        _ => false,
    };
    if is_done {
        return Ok(0);
    }
    match verb {
        Verb::Start => start::start::<D>(settings, None, place),
        Verb::Stop { kill } => stop::stop(&settings, kill),
        Verb::Restart {
            only_if_running,
            kill,
        } => restart::<D>(settings, only_if_running, kill),
        Verb::Status(detail) => Ok(status::status(&settings, detail)),
        Verb::Reload => reload::reload(&settings),
        Verb::Upgrade => upgrade::upgrade(&settings),
        #[cfg(feature = "cli")]
        Verb::Signal(signal) => request::send(&settings, signal),
        #[cfg(feature = "cli")]
        Verb::LogLevel(level) => request::log_level(&settings, level),
        #[cfg(feature = "cli")]
        Verb::Logs { lines, follow } => logs::logs(&settings, lines, follow),
        #[cfg(feature = "units")]
        Verb::Unit(request) => unit::unit(&settings, overrides, request),
        #[cfg(feature = "config")]
        Verb::Config { next: true, json } => config::next(&settings, D::check_settings, json),
        #[cfg(feature = "config")]
        Verb::Config { next: false, json } => config::in_force(&settings, json),
        Verb::Check => Ok(check::check(&settings, D::check_settings)),
        Verb::Run => start::run::<D>(settings),
    }
}

/// Stops and starts the daemon under one verb lock, so that no other verb intervenes.
///
/// If the daemon itself holds that lock, it is taken once the daemon has exited. A running daemon
/// is not stopped if its replacement is known to fail.
fn restart<D: Daemon>(
    settings: Box<Settings>,
    only_if_running: bool,
    kill: bool,
) -> Result<u8, Error> {
    let mut lock = find_lock(&settings)?;
    if let Some(lock) = &mut lock {
        lock.hold(settings.name, Purpose::Stop, settings.verb_timeout())?;
        if let Ok(Holder::Process(daemon)) = lock.holder() {
            let checked = lock.refuse_read_only();
            checked
                .and_then(|()| check::check_before_restart(&settings, D::check_settings, daemon))
                .map_err(|error| error.in_half("not restarted, the old daemon keeps running"))?;
        }
    }
    let stopped = match &mut lock {
        Some(lock) => stop::stop_holder(&settings, lock, kill)
            .map_err(|error| error.in_half("not stopped"))?,
        None => Stopped::NotRunning,
    };
    if let Stopped::Killed(time) = stopped {
        report(
            settings.name,
            format_args!("the old daemon was killed after {time:?}"),
        );
    }
    let was_running = stopped != Stopped::NotRunning;
    if only_if_running && !was_running {
        report(settings.name, "not running, so not restarted");
        return Ok(0);
    }
    let half = if was_running {
        "stopped, but not started again"
    } else {
        "not started"
    };
    // The next daemon may have its lock at another place.
    let lock = lock.filter(|lock| lock.path() == settings.lock_file);
    start::start::<D>(settings, lock, None).map_err(|error| error.in_half(half))
}

/// The exit code of `status` for an unknown state. The codes 1 to 3 have meanings of their own.
pub(crate) const UNKNOWN: u8 = 4;

/// Takes over the process of a daemon that has executed this program, or answers whether it can.
/// Returns `None` in every other process.
pub(crate) fn take_over<D: Daemon>() -> Option<ExitCode> {
    let done = takeover::take_over::<D>();
    done.unwrap_or_else(|error| Some(fail(D::SPEC.name, &error)))
}

/// Performs the verb, reports an error, and returns the exit code.
pub(crate) fn finish<D: Daemon>(verb: Verb, overrides: &Overrides) -> ExitCode {
    // A program that nests the verbs in its own comes here first.
    if let Some(code) = take_over::<D>() {
        return code;
    }
    let is_status = matches!(verb, Verb::Status(_));
    match perform::<D>(verb, overrides) {
        Ok(code) => code.into(),
        Err(error) if is_status => {
            complain(D::SPEC.name, format_args!("unknown: {error}"));
            UNKNOWN.into()
        }
        Err(error) => fail(D::SPEC.name, &error),
    }
}

/// Reports the error of a verb, and returns its exit code.
pub(crate) fn fail(name: &str, error: &Error) -> ExitCode {
    complain(name, error);
    ExitCode::from(error.exit_code())
}
