//! The settings of one invocation: the declaration, overridden by the environment, overridden by
//! the command line, made whole and checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::logger::{self, Format};
use crate::places::{self, Owner, Places};
use crate::privileges::Identity;
use crate::spec::{Env, OnPanic, Spec};
use crate::sys;
use crate::trust;

/// What the command line says, by key.
#[derive(Debug, Default)]
pub(crate) struct Overrides(Vec<(&'static str, String)>);

impl Overrides {
    pub(crate) fn get(&self, key: &str) -> Option<&String> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, text)| text)
    }
}

impl FromIterator<(&'static str, String)> for Overrides {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(given: I) -> Self {
        Self(given.into_iter().collect())
    }
}

/// A key that may be overridden at run time: field of [`Spec`], option and variable at once.
#[derive(Debug)]
pub(crate) struct Key {
    /// As in `#[daemon(…)]`; the option has dashes for the underscores.
    pub name: &'static str,
    /// What the option's argument is called in the help.
    #[cfg(feature = "cli")]
    pub value: &'static str,
    #[cfg(feature = "cli")]
    pub help: &'static str,
    /// The verbs that take the option.
    pub verbs: &'static [Verbs],
    set: fn(&mut Draft, &str) -> Result<(), String>,
}

/// A kind of verb, by the options that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbs {
    /// Those that start a daemon.
    Starting,
    /// The one that becomes the daemon in the foreground.
    Running,
    /// Those that wait for a running daemon, or for another verb.
    Waiting,
    /// Those that read the log.
    Reading,
    /// The rest: they only need to know which daemon is meant.
    All,
}

const ALL: &[Verbs] = &[
    Verbs::Starting,
    Verbs::Running,
    Verbs::Waiting,
    Verbs::Reading,
    Verbs::All,
];
const RUN: &[Verbs] = &[Verbs::Running];
const START: &[Verbs] = &[Verbs::Starting, Verbs::Running];
const START_WAIT: &[Verbs] = &[Verbs::Starting, Verbs::Running, Verbs::Waiting];
const START_READ: &[Verbs] = &[Verbs::Starting, Verbs::Running, Verbs::Reading];

/// The declaration, owned, while it is overridden.
#[derive(Debug)]
struct Draft {
    pid_file: Option<String>,
    working_dir: String,
    umask: u32,
    user: Option<String>,
    group: Option<String>,
    title: String,
    log_file: Option<String>,
    log_level: String,
    log_format: Format,
    log_buffer: String,
    log_rotate: String,
    log_keep: String,
    log_limit: String,
    log_repeats: String,
    interval: Duration,
    start_timeout: Duration,
    stop_timeout: Duration,
    hang_after: Duration,
    on_panic: OnPanic,
    ready_fd: Option<i32>,
}

/// A row of the table; `$field = $parse` is how the text becomes the value.
macro_rules! key {
    ($field:ident, $value:literal, $verbs:ident, $parse:expr, $help:literal) => {
        Key {
            name: stringify!($field),
            #[cfg(feature = "cli")]
            value: $value,
            #[cfg(feature = "cli")]
            help: $help,
            verbs: $verbs,
            set: |draft, text| {
                draft.$field = $parse(text)?;
                Ok(())
            },
        }
    };
}

/// Every key that may be overridden, in the order of the help.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key!(pid_file, "PATH", ALL, path, "The pid file; its lock is beside it"),
    key!(log_file, "PATH", START_READ, log_file, "The log file, or `syslog:`"),
    key!(log_level, "LEVEL", START, level, "trace, debug, info, warn, error, fatal or off"),
    key!(log_format, "FORMAT", START, format, "seed, full or json"),
    key!(log_buffer, "SIZE", START, buffer, "Buffer so much of the log, such as 64K; 0 is nothing"),
    key!(log_rotate, "WHEN", START, rotation, "Begin a new log file: 10M, daily, `daily,10M` or never"),
    key!(log_keep, "FILES", START, keep, "How many old log files stay, and their total size: 7 or `7,100M`"),
    key!(log_limit, "LIMIT", START, limit, "Log so much of each line of code in a time: 100/1s or none"),
    key!(log_repeats, "HOW", START, repeats, "Log repeats of a message: all, or fold them into one line"),
    key!(working_dir, "PATH", START, required_path, "The working directory of the daemon"),
    key!(umask, "OCTAL", START, umask, "The file mode creation mask"),
    key!(user, "NAME", ALL, name, "The user to become"),
    key!(group, "NAME", ALL, name, "The group to become"),
    key!(title, "TEXT", START, text, "What ps(1) shows"),
    key!(interval, "TIME", START, duration, "From one run to the next; 0s is at once"),
    key!(start_timeout, "TIME", START_WAIT, duration, "How long to wait for the daemon to be ready"),
    key!(stop_timeout, "TIME", START_WAIT, duration, "How long to wait before SIGKILL"),
    key!(ready_fd, "FD", RUN, descriptor, "Where to write a newline when the daemon is ready, as s6 asks"),
    key!(hang_after, "TIME", START, duration, "When status calls a hook hanging; 0s is never"),
    key!(on_panic, "HOW", START, on_panic, "What follows a panic: exit, or restart in the same process"),
];

/// What one invocation works with. Every path is absolute.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: &'static str,
    pub pid_file: PathBuf,
    /// Whether somebody named the pid file.
    pub pid_file_is_given: bool,
    pub lock_file: PathBuf,
    /// Where the log is when nobody named one: nothing, for a foreground daemon.
    pub log_file: PathBuf,
    /// Whether somebody named the log file.
    pub log_file_is_given: bool,
    /// The socket of syslogd, if that takes the log instead of the file.
    pub syslog: Option<PathBuf>,
    pub log_level: String,
    pub log_format: Format,
    pub log_buffer: String,
    pub log_rotate: String,
    pub log_keep: String,
    pub log_limit: String,
    pub log_repeats: String,
    pub working_dir: PathBuf,
    pub umask: u32,
    pub env: Env,
    pub user: Option<Identity>,
    /// The user and the group as they were named.
    pub user_name: Option<String>,
    pub group_name: Option<String>,
    pub title: String,
    pub interval: Duration,
    pub start_timeout: Duration,
    pub stop_timeout: Duration,
    /// Whether the time-out was given to this verb, or is the declaration's.
    pub stop_timeout_is_given: bool,
    pub hang_after: Duration,
    pub on_panic: OnPanic,
    /// The descriptor on which a supervisor waits for a newline.
    pub ready_fd: Option<i32>,
    /// Folders of the default places, to be made by a start.
    pub folders: Vec<places::Folder>,
}

impl Settings {
    /// The settings that hold for `spec` here and now.
    ///
    /// # Errors
    /// [`Error::Usage`] for a value that is none, [`Error::NotConfigured`] for an unknown user or
    /// when there is no place for the files.
    #[inline(never)]
    pub(crate) fn resolve(
        spec: &Spec,
        overrides: &Overrides,
        places: Places,
        needs_user: bool,
    ) -> Result<Self, Error> {
        let mut draft = Draft::of(spec);
        let stop_timeout_is_given = overrides.get("stop_timeout").is_some();
        let mut variable = variable(spec.name, "");
        let prefix = variable.len();
        for key in KEYS {
            variable.truncate(prefix);
            variable.extend(key.name.chars().map(|letter| letter.to_ascii_uppercase()));
            let from_environment = environment(&variable)?;
            if let Some(text) = &from_environment {
                (key.set)(&mut draft, text)
                    .map_err(|why| Error::Usage(format!("{variable}: {why}")))?;
            }
            if let Some(text) = overrides.get(key.name) {
                let option = option(key.name);
                (key.set)(&mut draft, text)
                    .map_err(|why| Error::Usage(format!("--{option}: {why}")))?;
            }
        }
        let user = Identity::find(draft.user.as_deref(), draft.group.as_deref());
        let user = match user {
            // Only a start needs the user: what runs is stopped also when its account is gone.
            Err(Error::NotConfigured(_)) if !needs_user => None,
            user => user?,
        };
        let is_named = draft.user.is_some() || draft.group.is_some();
        if let Some(user) = &user {
            trust::trust_also(user.uid);
        }
        let log_file = draft.log_file.as_deref();
        let syslog = log_file.and_then(syslog_socket);
        let places = places::find(
            spec.name,
            draft.pid_file.as_deref(),
            log_file.filter(|_| syslog.is_none()),
            Owner::of(is_named, user.as_ref()),
            places,
        )?;
        Ok(Self {
            name: spec.name,
            lock_file: places::lock_file(&places.pid_file),
            pid_file: places.pid_file,
            pid_file_is_given: draft.pid_file.is_some(),
            log_file_is_given: draft.log_file.is_some(),
            log_file: places.log_file,
            syslog,
            log_level: draft.log_level,
            log_format: draft.log_format,
            log_buffer: draft.log_buffer,
            log_rotate: draft.log_rotate,
            log_keep: draft.log_keep,
            log_limit: draft.log_limit,
            log_repeats: draft.log_repeats,
            working_dir: PathBuf::from(draft.working_dir),
            umask: draft.umask,
            env: spec.env,
            user,
            user_name: draft.user,
            group_name: draft.group,
            title: draft.title,
            interval: draft.interval,
            start_timeout: draft.start_timeout,
            stop_timeout: draft.stop_timeout,
            stop_timeout_is_given,
            hang_after: draft.hang_after,
            on_panic: draft.on_panic,
            ready_fd: draft.ready_fd,
            folders: places.folders,
        })
    }

    /// Whether the daemon becomes somebody else, which only root can.
    pub(crate) fn must_drop_privileges(&self) -> Result<bool, Error> {
        let Some(user) = self.user.as_ref().filter(|user| !user.is_current()) else {
            return Ok(false);
        };
        if nix::unistd::geteuid().is_root() {
            return Ok(true);
        }
        let name = user
            .account
            .as_ref()
            .map_or("another group", |(name, _)| name);
        Err(Error::NotAllowed(format!("only root can become {name}")))
    }

    /// Refuses what this program cannot do, before anything is done.
    pub(crate) fn check_panics(&self) -> Result<(), Error> {
        if self.on_panic == OnPanic::Restart && cfg!(panic = "abort") {
            return Err(Error::NotConfigured(
                "`on_panic` cannot be `restart` in a program built with `panic = \"abort\"`, which ends at every panic".to_owned(),
            ));
        }
        Ok(())
    }

    /// How long a verb waits for another: as long as a whole restart may take.
    pub(crate) fn verb_timeout(&self) -> Duration {
        self.start_timeout.saturating_add(self.stop_timeout)
    }
}

impl Draft {
    fn of(spec: &Spec) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            pid_file: owned(spec.pid_file),
            working_dir: spec.working_dir.to_owned(),
            umask: spec.umask,
            user: owned(spec.user),
            group: owned(spec.group),
            title: spec.title.to_owned(),
            log_file: owned(spec.log_file),
            log_level: spec.log_level.to_owned(),
            log_format: spec.log_format,
            log_buffer: spec.log_buffer.to_owned(),
            log_rotate: spec.log_rotate.to_owned(),
            log_keep: spec.log_keep.to_owned(),
            log_limit: spec.log_limit.to_owned(),
            log_repeats: spec.log_repeats.to_owned(),
            interval: spec.interval,
            start_timeout: spec.start_timeout,
            stop_timeout: spec.stop_timeout,
            hang_after: spec.hang_after,
            on_panic: spec.on_panic,
            ready_fd: None,
        }
    }
}

/// The option of a key: `log-level`.
pub(crate) fn option(key: &str) -> String {
    key.replace('_', "-")
}

/// The variable of a key: `SERVER_LOG_LEVEL`.
pub(crate) fn variable(name: &str, key: &str) -> String {
    format!("{name}_{key}")
        .to_ascii_uppercase()
        .replace(['-', '.'], "_")
}

/// A variable's value, unless the program has more rights than whoever set it.
fn environment(variable: &str) -> Result<Option<String>, Error> {
    match std::env::var(variable) {
        _ if sys::is_secure_execution() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::Usage(format!("{variable}: the value is not UTF-8")))
        }
    }
}

/// An absolute path: the daemon changes its working directory.
fn required_path(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the path is empty or has a NUL".to_owned());
    }
    let absolute =
        std::path::absolute(Path::new(text)).map_err(|error| format!("`{text}`: {error}"))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| format!("`{text}`: the working directory is not UTF-8"))
}

fn path(text: &str) -> Result<Option<String>, String> {
    required_path(text).map(Some)
}

/// The socket that `syslog:` or `syslog:/run/other` names.
fn syslog_socket(text: &str) -> Option<PathBuf> {
    let socket = text.strip_prefix("syslog:")?;
    Some(PathBuf::from(if socket.is_empty() {
        logger::SYSLOG
    } else {
        socket
    }))
}

fn log_file(text: &str) -> Result<Option<String>, String> {
    match syslog_socket(text) {
        None => path(text),
        Some(_) if !logger::EXTRAS => Err(logger::Error::Extra(text.to_owned()).to_string()),
        Some(socket) if socket.is_absolute() => Ok(Some(text.to_owned())),
        Some(_) => Err(format!("`{text}`: the socket's path is not absolute")),
    }
}

fn name(text: &str) -> Result<Option<String>, String> {
    self::text(text).map(Some)
}

fn text(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the value is empty or has a NUL".to_owned());
    }
    Ok(text.to_owned())
}

fn umask(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let mask = u32::from_str_radix(digits, 8)
        .ok()
        .filter(|mask| *mask <= 0o777);
    mask.ok_or_else(|| format!("`{text}` is not an octal number up to 777, such as 027"))
}

fn level(text: &str) -> Result<String, String> {
    owned(logger::check_filter(text), text)
}

fn buffer(text: &str) -> Result<String, String> {
    owned(logger::buffer(text), text)
}

fn rotation(text: &str) -> Result<String, String> {
    owned(text.parse::<logger::Rotation>(), text)
}

fn keep(text: &str) -> Result<String, String> {
    owned(text.parse::<logger::Keep>(), text)
}

fn limit(text: &str) -> Result<String, String> {
    owned(logger::limit(text), text)
}

fn repeats(text: &str) -> Result<String, String> {
    owned(logger::folds(text), text)
}

/// A text that the logger can read, which it does when it is set up.
fn owned<T>(read: Result<T, logger::Error>, text: &str) -> Result<String, String> {
    read.map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

fn format(text: &str) -> Result<Format, String> {
    text.parse()
        .map_err(|error: logger::Error| error.to_string())
}

fn on_panic(text: &str) -> Result<OnPanic, String> {
    match text {
        "exit" => Ok(OnPanic::Exit),
        "restart" => Ok(OnPanic::Restart),
        _ => Err(format!("`{text}` is neither exit nor restart")),
    }
}

fn descriptor(text: &str) -> Result<Option<i32>, String> {
    let number = text.parse().ok().filter(|number| *number > 2);
    number
        .map(Some)
        .ok_or_else(|| format!("`{text}` is not the number of a descriptor above 2"))
}

/// A number and a unit (`ms`, `s`, `m`, `h`, `d`); on the command line a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 5s, 250ms, 2m or 1h");
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = match &text[digits..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wrong()),
    };
    // A year is longer than any of these times; beyond it lies overflow in sums of two.
    let year = 366 * 24 * 60 * 60 * 1000;
    number
        .checked_mul(unit)
        .filter(|ms| *ms <= year)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}
