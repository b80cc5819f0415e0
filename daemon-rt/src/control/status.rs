//! `status`: what the lock and the state page say.

use std::io;

use crate::control::say;
use crate::error::Error;
use crate::lock::{Holder, LockFile};
use crate::pid_file;
use crate::process;
use crate::settings::Settings;
use crate::state::{Phase, Snapshot};

/// How much `status` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Nothing but the exit code.
    Quiet,
    /// Text for people.
    Text,
}

/// What is known of the daemon.
#[derive(Debug)]
enum State {
    Running(Option<i32>, Option<Box<Snapshot>>),
    Dead,
    Stopped,
    Unknown(String),
}

impl State {
    /// LSB 20.2.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Running(..) => 0,
            Self::Dead => 1,
            Self::Stopped => 3,
            Self::Unknown(_) => 4,
        }
    }
}

/// Says whether the daemon runs. Changes nothing and waits for nobody.
pub(super) fn status(settings: &Settings, detail: Detail) -> u8 {
    let state = find(settings);
    if detail == Detail::Text {
        say(settings.name, describe(settings, &state));
    }
    state.exit_code()
}

fn find(settings: &Settings) -> State {
    match LockFile::existing(&settings.lock_file) {
        Ok(None) => without_holder(settings),
        Ok(Some(lock)) => match lock.holder() {
            Ok(Holder::Nobody) => without_holder(settings),
            Ok(Holder::Process(pid)) => State::Running(Some(pid), snapshot(&lock)),
            Ok(Holder::Elsewhere) => State::Running(None, snapshot(&lock)),
            Err(error) => State::Unknown(error.to_string()),
        },
        // Somebody else's daemon: the kernel's list of locks is open to all.
        Err(Error::System { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            match process::record_lock_holder(&settings.lock_file) {
                Ok(Some(pid)) => State::Running((pid > 1).then_some(pid), None),
                Ok(None) => without_holder(settings),
                Err(error) => {
                    State::Unknown(Error::at("look at", &settings.lock_file, error).to_string())
                }
            }
        }
        Err(error) => State::Unknown(error.to_string()),
    }
}

fn without_holder(settings: &Settings) -> State {
    if pid_file::is_left_behind(&settings.pid_file) {
        State::Dead
    } else {
        State::Stopped
    }
}

fn snapshot(lock: &LockFile) -> Option<Box<Snapshot>> {
    Snapshot::read(lock.file()).ok().flatten().map(Box::new)
}

fn describe(settings: &Settings, state: &State) -> String {
    match state {
        State::Stopped => "stopped".to_owned(),
        State::Unknown(why) => format!("unknown: {why}"),
        State::Dead => {
            let path = settings.pid_file.display();
            format!(
                "dead, but {path} says {:?}",
                pid_file::text(&settings.pid_file)
            )
        }
        State::Running(pid, page) => {
            let phase = match page.as_ref().and_then(|page| page.phase()) {
                Some(Phase::Starting) => "starting",
                Some(Phase::Reloading) => "reloading",
                Some(Phase::Stopping) => "stopping",
                Some(Phase::Running) | None => "running",
            };
            let pid = pid.map_or("in another PID namespace".to_owned(), |pid| {
                format!("pid {pid}")
            });
            format!("{phase}, {pid}")
        }
    }
}
