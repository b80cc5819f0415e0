//! A daemon that `run` started belongs to its supervisor. `start` and `restart` ask the supervisor
//! where it is known, and otherwise refuse and print what to type.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use crate::error::Error;
use crate::instance::lock::{Holder, LockFile};
use crate::instance::state::Snapshot;
use crate::instance::supervisor::{Parent, Supervisor, Unit, service_of};
use crate::os::console::report;
use crate::os::proc;
use crate::settings::Settings;
use crate::trust::Place;

/// The request to a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// The daemon has ended.
    Start,
    /// The daemon runs.
    Restart,
}

/// Asks the supervisor of the daemon to restart it, or to start it if it has ended. `restarts` and
/// `starts` are whether the verb would do so. Returns false if the verb has to do it itself.
///
/// Leaves in `place` the directory of the lock, to which the verb then need not walk again.
///
/// # Errors
/// `ErrorKind::Supervised` if the supervisor has to be asked by hand; the supervisor fails.
pub(super) fn ask(
    settings: &Settings,
    restarts: bool,
    starts: bool,
    place: &mut Option<Place>,
) -> Result<bool, Error> {
    let Some((supervisor, holder)) = find(settings, place) else {
        return Ok(false);
    };
    let request = match holder {
        Holder::Nobody if starts => Request::Start,
        Holder::Process(_) if restarts => Request::Restart,
        _ => return Ok(false),
    };
    let daemon = holder.pid();
    let name = settings.name;
    let (parent, advice) = match &supervisor {
        Supervisor::Unit(unit) if unit.is_responsible(daemon) => {
            return unit.ask(settings, request);
        }
        Supervisor::Container if request == Request::Restart => {
            return Err(Error::supervised(
                "the container ends with the daemon, which is its main process; restart the container",
            ));
        }
        Supervisor::Unit(_) | Supervisor::Container => return Ok(false),
        // An init starts the daemon again within a second, or is the parent of an orphan.
        Supervisor::Service(parent) if parent.is_init() && request == Request::Start => {
            return Ok(false);
        }
        Supervisor::Service(parent) => (parent, command(settings, parent, request)),
        // A script that ran the daemon and starts it now knows that it has ended.
        Supervisor::Process(parent) if request == Request::Start && parent.is_ancestor() => {
            return Ok(false);
        }
        Supervisor::Process(parent) => (parent, None),
        Supervisor::Shell(_) if request == Request::Start => return Ok(false),
        Supervisor::Shell(parent) => (
            parent,
            Some(format!("run `{name} stop`, then `{name} start`")),
        ),
    };
    if !is_parent(parent, daemon) {
        return Ok(false);
    }
    let advice = advice.unwrap_or_else(|| match request {
        Request::Start => "wait until it starts the daemon again".to_owned(),
        Request::Restart => format!("run `{name} stop`, after which it may start the daemon again"),
    });
    Err(Error::supervised(format!(
        "{} runs the daemon in the foreground; {advice}",
        Shown(parent)
    )))
}

/// Returns the recorded supervisor and the holder of the lock. The verb itself reports an error.
///
/// Where daemons of this name were at several default places, the one that runs counts, otherwise
/// the last one. Leaves the directory of the own lock file in `own`.
fn find(settings: &Settings, own: &mut Option<Place>) -> Option<(Supervisor, Holder)> {
    let paths = settings.other_locks.iter().chain([&settings.lock_file]);
    let found = paths.filter_map(|path| {
        let place = LockFile::place(path).ok()?;
        if *path == settings.lock_file {
            *own = Some(place.clone());
        }
        let lock = LockFile::open_at(place).ok()??;
        Some((Snapshot::read(lock.file()).ok()??, lock.holder().ok()?))
    });
    let (page, holder) =
        found.max_by_key(|(page, holder)| (*holder != Holder::Nobody, page.started()))?;
    Some((Supervisor::parse(&page.supervisor())?, holder))
}

/// Returns whether the recorded parent lives, and is still the parent of the daemon that runs.
fn is_parent(parent: &Parent, daemon: Option<i32>) -> bool {
    parent.is_alive() && daemon.is_none_or(|daemon| parent.has_child(daemon))
}

/// Returns the advice to type a command of the supervisor, if its commands are known.
fn command(settings: &Settings, parent: &Parent, request: Request) -> Option<String> {
    let verb = match request {
        Request::Start => "start",
        Request::Restart => "restart",
    };
    let directory = || {
        let directory = parent.directory();
        directory.map_or_else(
            || settings.name.to_owned(),
            |path| path.display().to_string(),
        )
    };
    let command = match parent.name().as_str() {
        "runsv" => format!("sv {verb} {}", directory()),
        "s6-supervise" => {
            let option = if request == Request::Start {
                "-u"
            } else {
                "-r"
            };
            format!("s6-svc {option} {}", directory())
        }
        "supervise-daemo" => format!("rc-service {} {verb}", service_name(parent, settings)),
        "supervisord" if !parent.program.is_empty() => {
            format!("supervisorctl {verb} {}", parent.program)
        }
        _ => return None,
    };
    Some(format!("run `{command}`"))
}

/// Returns the name of the service, which is the first argument of `supervise-daemon(8)`.
fn service_name(parent: &Parent, settings: &Settings) -> String {
    let line = proc::command_line(parent.pid);
    let service = line.split(' ').nth(1);
    service.unwrap_or(settings.name).to_owned()
}

/// A process as people look for it: `runsv (pid 12: runsv server)`.
struct Shown<'a>(&'a Parent);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parent { pid, .. } = self.0;
        write!(
            f,
            "{} (pid {pid}: {})",
            self.0.name(),
            proc::command_line(*pid)
        )
    }
}

impl Unit {
    /// Returns whether the unit is to be asked. A verb that is a part of the unit does the work
    /// itself.
    fn is_responsible(&self, daemon: Option<i32>) -> bool {
        if service_of("self").as_ref() == Some(&self.name) {
            return false;
        }
        match daemon {
            Some(daemon) => service_of(daemon).as_ref() == Some(&self.name),
            // The record of a daemon that has ended may be older than the unit's removal.
            None => self.property("LoadState") == "loaded",
        }
    }

    fn property(&self, name: &str) -> String {
        let mut command = self.systemctl();
        command.args(["show", "--value", "--property", name, &self.name]);
        let output = command.output().map(|output| output.stdout);
        String::from_utf8_lossy(output.unwrap_or_default().trim_ascii()).into_owned()
    }

    fn systemctl(&self) -> Command {
        let mut command = Command::new("systemctl");
        command.arg("--no-ask-password");
        if let Some(user) = self.user {
            command.arg("--user");
            let runtime = format!("/run/user/{user}");
            if std::env::var_os("XDG_RUNTIME_DIR").is_none() && Path::new(&runtime).is_dir() {
                command.env("XDG_RUNTIME_DIR", runtime);
            }
        }
        command
    }

    /// Asks systemd, and waits for the result.
    fn ask(&self, settings: &Settings, request: Request) -> Result<bool, Error> {
        let (verb, done) = match request {
            Request::Start => ("start", "started"),
            Request::Restart => ("restart", "restarted"),
        };
        let name = &self.name;
        if let Some(user) = self.user.filter(|user| *user != geteuid().as_raw()) {
            return Err(Error::supervised(format!(
                "it is {name} of the user manager of uid {user}; run `systemctl --user {verb} {name}` as that user"
            )));
        }
        let end = Instant::now() + settings.verb_timeout();
        // systemd may not know yet that the old daemon has ended, and then does nothing.
        loop {
            // A `start` would wait for the pause before a restart.
            let pauses = self.property("SubState").starts_with("auto-restart");
            self.call(if pauses { "restart" } else { verb })?;
            if find(settings, &mut None).is_some_and(|(_, holder)| holder != Holder::Nobody) {
                report(settings.name, format_args!("{done} by systemd, as {name}"));
                return Ok(true);
            }
            if Instant::now() >= end {
                let text = format!("{name} does not run; see `systemctl status {name}`");
                return Err(Error::timed_out(text));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn call(&self, verb: &str) -> Result<(), Error> {
        let output = self.systemctl().args([verb, &self.name]).output();
        let output = output.map_err(|source| Error::at("run", "systemctl".as_ref(), source))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let (name, said) = (&self.name, said.trim());
        Err(Error::other(format!(
            "systemctl cannot {verb} {name}: {said}"
        )))
    }
}
