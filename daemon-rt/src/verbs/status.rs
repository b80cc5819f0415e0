//! `status`: reports from the lock, the state page and `/proc`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(feature = "cli")]
use super::json::Json;
use crate::error::{Error, ErrorKind};
use crate::instance::lock::{Holder, LockFile};
use crate::instance::part::LISTENERS;
use crate::instance::pid_file;
use crate::instance::state::{Phase, Snapshot};
use crate::listen::{Row, rows};
use crate::os::clock::unix_seconds;
use crate::os::console::report;
#[cfg(feature = "cli")]
use crate::os::console::{complain, print};
use crate::os::escape::printable;
use crate::os::proc::Facts;
use crate::settings::Settings;
use crate::verbs::holder::{find_lock, hint_at_root};
use crate::verbs::last_records::recover_log;

/// The form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Only the exit code.
    #[cfg(feature = "cli")]
    Quiet,
    /// Text for people.
    Text,
    /// One JSON object, for programs.
    #[cfg(feature = "cli")]
    Json,
}

/// The state of the daemon.
#[derive(Debug)]
enum State {
    Running(Running),
    /// Its pid file is left.
    Dead(PathBuf),
    Stopped,
    Unknown(String),
}

/// The data of a running daemon. An ordinary user cannot read the page of root's daemon.
#[derive(Debug)]
struct Running {
    /// `None` if the daemon is in another PID namespace.
    pid: Option<i32>,
    facts: Option<Facts>,
    page: Option<Snapshot>,
    /// The file of the daemon's own settings, in words, and its path.
    config: Option<(String, String)>,
    listeners: Vec<Row>,
}

impl State {
    /// Returns the exit code, LSB 20.2.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Running(_) => 0,
            Self::Dead(_) => 1,
            Self::Stopped => 3,
            Self::Unknown(_) => 4,
        }
    }

    #[cfg(feature = "cli")]
    fn word(&self) -> &'static str {
        match self {
            Self::Running(running) => running.word(),
            Self::Dead(_) => "dead",
            Self::Stopped => "stopped",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Reports whether the daemon runs, without waiting for a lock.
///
/// Changes nothing, except that it recovers the last records of a dead daemon. If the JSON object
/// cannot be printed, the exit code means "unknown", because 1 would mean "dead".
#[inline(never)]
pub(super) fn status(settings: &Settings, detail: Detail) -> u8 {
    let state = find_state(settings);
    if matches!(state, State::Dead(_) | State::Stopped) {
        let lock = find_lock(settings).ok().flatten();
        recover_log(settings, lock.as_ref());
    }
    match detail {
        #[cfg(feature = "cli")]
        Detail::Quiet => {}
        Detail::Text => {
            report(settings.name, describe(&state));
            if matches!(state, State::Stopped) {
                hint_at_root(settings);
            }
        }
        #[cfg(feature = "cli")]
        Detail::Json => {
            if let Err(error) = print(format_args!("{}\n", as_json(settings, &state))) {
                complain(settings.name, &error);
                return State::Unknown(error.to_string()).exit_code();
            }
        }
    }
    state.exit_code()
}

fn find_state(settings: &Settings) -> State {
    let (lock, holder) = match find_lock(settings) {
        Ok(lock) => {
            let holder = lock.as_ref().map_or(Ok(Holder::Nobody), LockFile::holder);
            (lock, holder)
        }
        // The daemon of another user: every user can read the kernel's list of locks.
        Err(error) if error.is_forbidden() => (None, holder_anywhere(settings, error)),
        Err(error) => (None, Err(error)),
    };
    match holder {
        Ok(Holder::Nobody) => without_holder(settings),
        Ok(Holder::Unnamed) => {
            let error = LockFile::unnamed(&settings.lock_file, &settings.pid_file);
            State::Unknown(error.to_string())
        }
        Ok(holder) => Running::state(holder.pid(), lock.as_ref()),
        Err(error) => State::Unknown(error.to_string()),
    }
}

/// Returns the first holder of a lock that this process may not open because of `error`. Where that
/// is a file that another user could have planted, it says nothing.
fn holder_anywhere(settings: &Settings, error: Error) -> Result<Holder, Error> {
    let is_planted = error.kind() == ErrorKind::Untrusted;
    let own = Some(&settings.lock_file).filter(|_| !is_planted);
    for path in settings.other_locks.iter().chain(own) {
        match LockFile::holder_at(path)? {
            Holder::Nobody => {}
            holder => return Ok(holder),
        }
    }
    if is_planted {
        return Err(error);
    }
    Ok(Holder::Nobody)
}

fn without_holder(settings: &Settings) -> State {
    let left = settings
        .pid_files()
        .into_iter()
        .find(|path| pid_file::is_left_behind(path));
    match left {
        None => State::Stopped,
        // No daemon has left it, so it says nothing about one.
        Some(path) if !is_file(&path) => State::Unknown(format!(
            "{} is not a regular file; remove it or pass another path",
            path.display()
        )),
        Some(path) => State::Dead(path),
    }
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|file| file.is_file())
}

fn describe(state: &State) -> String {
    match state {
        State::Running(running) => running.describe(),
        State::Unknown(why) => format!("unknown: {why}"),
        State::Dead(path) => {
            let text = pid_file::read_for_message(path);
            format!("dead, but {} exists and contains {text:?}", path.display())
        }
        State::Stopped => "stopped".to_owned(),
    }
}

impl Running {
    fn state(pid: Option<i32>, lock: Option<&LockFile>) -> State {
        let page = lock.and_then(|lock| Snapshot::read(lock.file()).ok().flatten());
        State::Running(Self {
            pid,
            facts: pid.and_then(Facts::of),
            page,
            config: lock.and_then(config_file),
            listeners: lock.map_or_else(Vec::new, listeners),
        })
    }

    /// Returns the state in one word. A frozen or hanging daemon cannot publish its state itself.
    fn word(&self) -> &'static str {
        if self.facts.as_ref().is_some_and(|facts| facts.is_frozen) {
            return "frozen";
        }
        let Some(page) = &self.page else {
            return "running";
        };
        match page.phase() {
            _ if page.hangs() => "hangs",
            Some(Phase::Starting) => "starting",
            Some(Phase::Reloading) => "reloading",
            Some(Phase::Stopping) => "stopping",
            Some(Phase::Upgrading) => "upgrading",
            Some(Phase::Running) | None => "running",
        }
    }

    fn describe(&self) -> String {
        let pid = self
            .pid
            .map_or("in another PID namespace".to_owned(), |pid| {
                format!("pid {pid}")
            });
        let mut text = format!("{}, {pid}", self.word());
        let mut line = |name, value: String| line(&mut text, name, &value);
        if let Some(facts) = &self.facts {
            line("uptime", spell(facts.uptime));
            line("memory", format!("{} kB", facts.memory_kb));
            line("threads", facts.threads.to_string());
            line(
                "children",
                format!("{}, of them zombies: {}", facts.children, facts.zombies),
            );
        }
        let Some(page) = &self.page else { return text };
        match page.hook() {
            Some((hook, _)) if page.waits() => line("hook", format!("`{hook}`, waiting")),
            Some((hook, time)) => line("hook", format!("`{hook}` since {}", spell(time))),
            None => {}
        }
        if page.in_flight() != 0 {
            line("in flight", page.in_flight().to_string());
        }
        let ago = |at| spell(Duration::from_secs(unix_seconds().saturating_sub(at)));
        if let Some(reload) = page.last_reload() {
            let (count, ago) = (page.reloads(), ago(reload.at));
            let result = match (reload.code, reload.text.as_str()) {
                (0, "") => "in force".to_owned(),
                (0, changes) => format!("in force, {changes}"),
                // A line per mistake.
                (_, reason) => format!("failed: {}", reason.replace('\n', "; ")),
            };
            line(
                "reload",
                format!("{count} so far, the last {ago} ago: {result}"),
            );
        }
        if let Some(upgrade) = page.last_upgrade() {
            let (count, ago) = (page.generation(), ago(upgrade.at));
            let result = match upgrade.code {
                0 => "in force".to_owned(),
                _ => format!("failed: {}", upgrade.text.replace('\n', "; ")),
            };
            line(
                "upgrades",
                format!("{count} so far, the last attempt {ago} ago: {result}"),
            );
        }
        if let Some((at, what)) = page.last_panic() {
            let (count, ago) = (page.restarts(), ago(at));
            line(
                "restarts",
                format!("{count} so far, the last panic {ago} ago: {what}"),
            );
        }
        if !page.status().is_empty() {
            line("status", page.status());
        }
        if let Some((config, _)) = &self.config {
            line("settings", config.clone());
        }
        for Row {
            name,
            address,
            source,
        } in &self.listeners
        {
            line("listener", format!("{name} {address}, {source}"));
        }
        let level = page.level().map(|level| format!(" (level {level})"));
        let log = Some(page.log_file()).filter(|path| !path.is_empty());
        line(
            "log",
            log.unwrap_or("stderr".to_owned()) + &level.unwrap_or_default(),
        );
        text
    }
}

/// Returns the file of the daemon's own settings, in words, and its path.
#[cfg(feature = "config")]
fn config_file(lock: &LockFile) -> Option<(String, String)> {
    let published = lock.published().ok()??;
    Some((published.describe(), published.file))
}

#[cfg(not(feature = "config"))]
fn config_file(_: &LockFile) -> Option<(String, String)> {
    None
}

/// Returns the sockets at which the daemon listens.
fn listeners(lock: &LockFile) -> Vec<Row> {
    let text = lock.read_part(&LISTENERS).ok().flatten();
    text.map_or_else(Vec::new, |text| rows(&text))
}

/// Appends a line of the description. Not inlined, to keep `describe` small.
#[inline(never)]
fn line(text: &mut String, name: &str, value: &str) {
    // The daemon's text may contain control characters from an untrusted source.
    let value = printable(value);
    // Writing to a String cannot fail.
    let _ = write!(text, "\n  {name:<9} {value}");
}

/// Returns the JSON object. Its schema is public: fields are added, never renamed or removed.
#[cfg(feature = "cli")]
fn as_json(settings: &Settings, state: &State) -> String {
    let mut json = Json::object();
    json.text("name", settings.name);
    json.text("state", state.word());
    json.plain("exit_code", state.exit_code());
    json.text("pid_file", &settings.pid_file.to_string_lossy());
    if let State::Unknown(why) = state {
        json.text("reason", why);
    }
    let State::Running(running) = state else {
        return json.end();
    };
    if let Some(pid) = running.pid {
        json.plain("pid", pid);
    }
    if let Some(facts) = &running.facts {
        json.plain("uptime_seconds", facts.uptime.as_secs());
        json.plain("memory_kb", facts.memory_kb);
        json.plain("threads", facts.threads);
        json.plain("children", facts.children);
        json.plain("zombies", facts.zombies);
    }
    if let Some(page) = &running.page {
        json.plain("hangs", page.hangs());
        json.plain("foreground", page.is_foreground());
        if let Some(at) = page.started() {
            json.plain("started_at", at);
        }
        if let Some((hook, time)) = page.hook() {
            json.text("hook", &hook);
            json.plain("hook_waits", page.waits());
            json.plain("hook_seconds", time.as_secs());
        }
        json.plain("in_flight", page.in_flight());
        json.plain("reloads", page.reloads());
        if let Some(reload) = page.last_reload() {
            json.plain("reloaded_at", reload.at);
            let error = if reload.code == 0 { "" } else { &reload.text };
            json.text("reload_error", error);
        }
        json.plain("upgrades", page.generation());
        if let Some(upgrade) = page.last_upgrade() {
            json.plain("upgraded_at", upgrade.at);
            let error = if upgrade.code == 0 { "" } else { &upgrade.text };
            json.text("upgrade_error", error);
        }
        json.plain("restarts", page.restarts());
        if let Some((at, what)) = page.last_panic() {
            json.plain("panicked_at", at);
            json.text("panic", &what);
        }
        json.text("status", &page.status());
        if let Some((_, config)) = &running.config {
            json.text("config_file", config);
        }
        let listeners = running.listeners.iter().map(|row| {
            let mut json = Json::object();
            json.text("name", &row.name);
            json.text("address", &row.address);
            json.text("source", &row.source);
            json.end()
        });
        json.plain(
            "listeners",
            format_args!("[{}]", listeners.collect::<Vec<_>>().join(",")),
        );
        json.text("log_file", &page.log_file());
        let is_exact = page.log_path().is_some_and(|path| path.to_str().is_some());
        json.plain("log_file_is_exact", is_exact);
        if let Some(level) = page.level() {
            json.text("log_level", level.as_str());
        }
    }
    json.end()
}

/// Spells `time` in its two largest units, as in `3 d 4 h` or `12 s`.
fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units
        .iter()
        .position(|(unit, _)| seconds >= *unit)
        .unwrap_or(3);
    let (unit, name) = units[first];
    let mut text = format!("{} {name}", seconds / unit);
    if let Some((next, name)) = units.get(first + 1)
        && seconds % unit >= *next
    {
        let _ = write!(text, " {} {name}", seconds % unit / next);
    }
    text
}
