//! The table of keys that may be overridden, and the declaration while it is.

use std::path::PathBuf;
use std::time::Duration;

use super::parse::{
    capabilities, chroot, core, descriptor, duration, flag, log_file, logged, name, on_panic, path,
    required_path, syslog_socket, text, umask,
};
#[cfg(feature = "cli")]
use super::shown::Shown;
use crate::confine::capabilities::Capabilities;
use crate::confine::limits::Limits;
use crate::error::Error;
use crate::logger::{Buffer, Filter, Format, Keep, Limit, Repeats, Rotate};
use crate::spec::{Core, OnPanic, Spec};

/// A key that may be overridden at run time: field of [`Spec`], option and variable at once.
#[derive(Debug)]
pub(crate) struct Key {
    /// As in `#[daemon(…)]`.
    pub name: &'static str,
    /// The same with dashes for the underscores.
    #[cfg(feature = "cli")]
    pub option: &'static str,
    /// What the option's argument is called in the help.
    #[cfg(feature = "cli")]
    pub value: &'static str,
    #[cfg(feature = "cli")]
    pub help: &'static str,
    /// The kinds of verbs that take the option, a bit each.
    verbs: u8,
    pub(super) set: fn(&mut Draft, &str) -> Result<(), String>,
    /// The value of a declaration, as it would be given.
    #[cfg(feature = "cli")]
    pub shown: fn(&Draft) -> Option<String>,
}

impl Key {
    /// Whether verbs of that kind take the option.
    pub(crate) const fn is_for(&self, verbs: Verbs) -> bool {
        self.verbs & verbs as u8 != 0
    }
}

/// A kind of verb, by the options that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verbs {
    /// Those that start a daemon.
    Starting = 1,
    /// The one that becomes the daemon in the foreground.
    Running = 2,
    /// Those that wait for a running daemon, or for another verb.
    Waiting = 4,
    /// Those that read the log.
    Reading = 8,
    /// The rest: they only need to know which daemon is meant.
    All = 16,
}

const RUN: u8 = Verbs::Running as u8;
const START: u8 = Verbs::Starting as u8 | RUN;
const START_WAIT: u8 = START | Verbs::Waiting as u8;
const START_READ: u8 = START | Verbs::Reading as u8;
const ALL: u8 = START_WAIT | START_READ | Verbs::All as u8;

/// The declaration, owned, while it is overridden.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(super) pid_file: Option<String>,
    pub(super) working_dir: String,
    pub(super) umask: u32,
    pub(super) user: Option<String>,
    pub(super) group: Option<String>,
    pub(super) no_new_privs: Option<bool>,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) rlimits: Limits,
    pub(super) chroot: Option<PathBuf>,
    pub(super) core: Core,
    pub(super) title: String,
    pub(super) log_file: Option<String>,
    pub(super) log_level: Filter,
    pub(super) log_format: Format,
    pub(super) log_buffer: Buffer,
    pub(super) log_rotate: Rotate,
    pub(super) log_keep: Keep,
    pub(super) log_limit: Limit,
    pub(super) log_repeats: Repeats,
    pub(super) interval: Duration,
    pub(super) start_timeout: Duration,
    pub(super) stop_timeout: Duration,
    pub(super) hang_after: Duration,
    pub(super) on_panic: OnPanic,
    pub(super) ready_fd: Option<i32>,
}

/// The name with dashes, made while the program is compiled: clap would keep one that is made later
/// in a type of its own, 13 kB of program.
#[cfg(feature = "cli")]
const fn dashed<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [b'-'; N];
    let mut at = 0;
    while at < N {
        if name.as_bytes()[at] != b'_' {
            bytes[at] = name.as_bytes()[at];
        }
        at += 1;
    }
    bytes
}

/// `name`, which is ASCII.
#[cfg(feature = "cli")]
const fn text_of(name: &'static [u8]) -> &'static str {
    match str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// A row of the table; `$field = $parse` is how the text becomes the value.
macro_rules! key {
    ($field:ident, $value:literal, $verbs:ident, $parse:expr, $help:literal) => {
        Key {
            name: stringify!($field),
            #[cfg(feature = "cli")]
            option: {
                const NAME: [u8; stringify!($field).len()] = dashed(stringify!($field));
                text_of(&NAME)
            },
            #[cfg(feature = "cli")]
            value: $value,
            #[cfg(feature = "cli")]
            help: $help,
            verbs: $verbs,
            set: |draft, text| read(&mut draft.$field, $parse, text),
            #[cfg(feature = "cli")]
            shown: |draft| draft.$field.shown(),
        }
    };
}

/// Once in the program for each type, and not for each key.
#[inline(never)]
fn read<T>(field: &mut T, parse: fn(&str) -> Result<T, String>, text: &str) -> Result<(), String> {
    *field = parse(text)?;
    Ok(())
}

/// Every key that may be overridden, in the order of the help.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key!(pid_file, "PATH", ALL, path, "The pid file; its lock is beside it"),
    key!(log_file, "PATH", START_READ, log_file, "The log file, or `syslog:`"),
    key!(log_level, "LEVEL", START, logged, "trace, debug, info, warn, error, fatal or off"),
    key!(log_format, "FORMAT", START, logged, "short, full or json"),
    key!(log_buffer, "SIZE", START, logged, "Buffer so much of the log, such as 64K; 0 is nothing"),
    key!(log_rotate, "WHEN", START, logged, "Begin a new log file: 10M, daily, `daily,10M` or never"),
    key!(log_keep, "FILES", START, logged, "How many old log files stay, and their total size: 7 or `7,100M`"),
    key!(log_limit, "LIMIT", START, logged, "Log so much of each line of code in a time: 100/1s or none"),
    key!(log_repeats, "HOW", START, logged, "Log repeats of a message: all, or fold them into one line"),
    key!(working_dir, "PATH", START, required_path, "The working directory of the daemon"),
    key!(umask, "OCTAL", START, umask, "The file mode creation mask"),
    key!(user, "NAME", ALL, name, "The user to become"),
    key!(group, "NAME", ALL, name, "The group to become"),
    key!(no_new_privs, "BOOL", START, flag, "Whether no program may give the daemon or its children more rights: true or false"),
    key!(capabilities, "NAMES", START, capabilities, "The capabilities to keep: `net_bind_service,chown` or none"),
    key!(rlimits, "LIMITS", START, Limits::parse, "Resource limits, soft or soft:hard: `nofile=65536,nproc=100:200`, or none"),
    key!(chroot, "PATH", START_READ, chroot, "The folder that becomes the daemon's root"),
    key!(core, "HOW", START, core, "Whether a crash writes a core file: on or off"),
    key!(title, "TEXT", START, text, "What ps(1) shows"),
    key!(interval, "TIME", START, duration, "From one run to the next; 0s is at once"),
    key!(start_timeout, "TIME", START_WAIT, duration, "How long to wait for the daemon to be ready"),
    key!(stop_timeout, "TIME", START_WAIT, duration, "How long to wait before SIGKILL"),
    key!(ready_fd, "FD", RUN, descriptor, "Where to write a newline when the daemon is ready, as s6 asks"),
    key!(hang_after, "TIME", START, duration, "When status calls a hook hanging; 0s is never"),
    key!(on_panic, "HOW", START, on_panic, "What follows a panic: exit, or restart in the same process"),
];

impl Draft {
    /// # Errors
    /// `ErrorKind::Usage` for what only an `impl Daemon` by hand can declare: the attribute checks it.
    pub(crate) fn of(spec: &Spec) -> Result<Self, Error> {
        let wrong = |key: &str| {
            let key = key.to_owned();
            move |why| Error::usage(format!("the declaration of `{key}`: {why}"))
        };
        let capabilities = spec.capabilities.map(Capabilities::of).transpose();
        let paths = [
            ("pid_file", spec.pid_file),
            ("working_dir", Some(spec.working_dir)),
            ("chroot", spec.chroot),
            (
                "log_file",
                spec.log_file.filter(|log| syslog_socket(log).is_none()),
            ),
        ];
        for (key, path) in paths {
            if path.is_some_and(|path| !path.starts_with('/')) {
                return Err(wrong(key)("the path is not absolute".to_owned()));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Self {
            pid_file: owned(spec.pid_file),
            working_dir: spec.working_dir.to_owned(),
            umask: spec.umask,
            user: owned(spec.user),
            group: owned(spec.group),
            no_new_privs: spec.no_new_privs,
            capabilities: capabilities.map_err(wrong("capabilities"))?,
            rlimits: Limits::parse(spec.rlimits).map_err(wrong("rlimits"))?,
            chroot: spec.chroot.map(PathBuf::from),
            core: spec.core,
            title: spec.title.to_owned(),
            log_file: owned(spec.log_file),
            log_level: logged(spec.log_level).map_err(wrong("log_level"))?,
            log_format: spec.log_format,
            log_buffer: logged(spec.log_buffer).map_err(wrong("log_buffer"))?,
            log_rotate: logged(spec.log_rotate).map_err(wrong("log_rotate"))?,
            log_keep: logged(spec.log_keep).map_err(wrong("log_keep"))?,
            log_limit: logged(spec.log_limit).map_err(wrong("log_limit"))?,
            log_repeats: logged(spec.log_repeats).map_err(wrong("log_repeats"))?,
            interval: spec.interval,
            start_timeout: spec.start_timeout,
            stop_timeout: spec.stop_timeout,
            hang_after: spec.hang_after,
            on_panic: spec.on_panic,
            ready_fd: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Draft;
    use crate::spec::Spec;

    #[test]
    fn paths_that_are_declared_by_hand_are_absolute() {
        let spec = || Spec::new("server");
        for (key, spec) in [
            ("pid_file", spec().pid_file("run/server.pid")),
            ("working_dir", spec().working_dir("srv")),
            ("chroot", spec().chroot("srv")),
            ("log_file", spec().log_file("")),
        ] {
            let why = Draft::of(&spec).map_err(|error| error.to_string()).err();
            let why = why.unwrap_or_default();
            assert!(why.contains(&format!("`{key}`: the path is")), "{why}");
        }
        for log in ["/srv/server.log", "syslog:"] {
            assert!(Draft::of(&spec().log_file(log)).is_ok());
        }
    }
}
