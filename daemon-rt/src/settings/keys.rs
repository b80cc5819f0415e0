//! The keys that options and environment variables can override by text.

use super::listeners;
use super::parse::{
    capabilities, descriptor, directory, duration, flag, log_file, logged, name, path,
    required_path, rlimits, timeout, umask, word,
};
#[cfg(any(feature = "cli", feature = "config"))]
use super::shown::Shown;
use crate::spec::{Spec, keys};

/// A key that can be overridden at run time. It names the field of [`Spec`], the option and the
/// variable.
#[derive(Debug)]
pub(crate) struct Key {
    /// The name in `#[daemon(…)]`.
    pub name: &'static str,
    /// The name with dashes in place of underscores.
    #[cfg(feature = "cli")]
    pub option: &'static str,
    /// The name of the argument in the help.
    #[cfg(feature = "cli")]
    pub value: &'static str,
    #[cfg(feature = "cli")]
    pub help: &'static str,
    /// The kinds of verbs that take the option, one bit per kind.
    verbs: u8,
    pub(super) set: fn(&mut Spec, &str) -> Result<(), String>,
    /// Returns the declared value in the text form of the option.
    #[cfg(any(feature = "cli", feature = "config"))]
    pub shown: fn(&Spec) -> Option<String>,
}

impl Key {
    /// Returns whether verbs of this kind take the option.
    pub(crate) const fn is_for(&self, verbs: VerbKind) -> bool {
        self.verbs & verbs as u8 != 0
    }

    /// Returns whether the daemon has the key: the file of settings, and the listeners, only if it
    /// declares them.
    pub(crate) fn is_of(&self, spec: &Spec) -> bool {
        match self.name {
            CONFIG => spec.config,
            LISTEN => !spec.listen.is_empty(),
            _ => true,
        }
    }
}

/// A kind of verb, by the keys that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum VerbKind {
    /// Verbs that start a daemon, or check whether one would start.
    Starting = 1,
    /// The verb that becomes the daemon in the foreground.
    Running = 2,
    /// Verbs that wait for a running daemon or for another verb.
    Waiting = 4,
    /// The verb that reads the log.
    Reading = 8,
    /// Verbs that only need to identify the daemon.
    Identifying = 16,
    /// Verbs for the files of init systems, which contain the keys of a start.
    Installing = 32,
}

impl VerbKind {
    /// Returns whether the verb needs all that a start needs.
    pub(crate) fn starts(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// The name of the key that places the settings. Its field is `config_file`, since the key `config`
/// of the attribute is their type.
pub(crate) const CONFIG: &str = "config";

/// The name of the key that sets addresses of listeners. Its option may be repeated.
pub(crate) const LISTEN: &str = "listen";

const RUN: u8 = VerbKind::Running as u8;
const START: u8 = VerbKind::Starting as u8 | VerbKind::Installing as u8 | RUN;
const START_WAIT: u8 = START | VerbKind::Waiting as u8;
const START_READ: u8 = START | VerbKind::Reading as u8;
const ALL: u8 = START_WAIT | START_READ | VerbKind::Identifying as u8;

/// Returns the environment variable of a key, such as `SERVER_LOG_LEVEL`.
pub(crate) fn variable(name: &str, key: &str) -> String {
    let letter = |letter: char| match letter {
        '-' | '.' => '_',
        letter => letter.to_ascii_uppercase(),
    };
    format!("{name}_{key}").chars().map(letter).collect()
}

/// Returns the name with dashes, computed at compile time. A name made later would be kept by clap
/// in a type of its own, which costs 13 kB.
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

/// Converts `name`, which is ASCII, to text.
#[cfg(feature = "cli")]
const fn text_of(name: &'static [u8]) -> &'static str {
    match str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Parses `text` into `field`. It is compiled once per type, not once per key.
#[inline(never)]
fn read<T>(field: &mut T, parse: fn(&str) -> Result<T, String>, text: &str) -> Result<(), String> {
    *field = parse(text)?;
    Ok(())
}

/// Writes the row of a key.
macro_rules! row {
    ($key:ident, $value:literal, $verbs:ident, $read:ident, $help:literal) => {
        row!($key = $key, $value, $verbs, $read, $help)
    };
    ($name:ident = $key:ident, $value:literal, $verbs:ident, $read:ident, $help:literal) => {
        Key {
            name: stringify!($name),
            #[cfg(feature = "cli")]
            option: {
                const NAME: [u8; stringify!($name).len()] = dashed(stringify!($name));
                text_of(&NAME)
            },
            #[cfg(feature = "cli")]
            value: $value,
            #[cfg(feature = "cli")]
            help: $help,
            verbs: $verbs,
            set: |spec, text| read(&mut spec.$key, $read, text),
            #[cfg(any(feature = "cli", feature = "config"))]
            shown: |spec| spec.$key.shown(),
        }
    };
}

/// Writes the rows of the table, of the keys that need more than a parser, and of `ready_fd`, which
/// cannot be declared.
macro_rules! rows {
    ($(
        $(#[$doc:meta])*
        $key:ident($argument:ty) $into:path: $field:ty = $default:expr;
        $value:literal, $verbs:ident, $read:ident, $help:literal;
    )*) => {
        /// Every key that may be overridden, in the order of the help.
        pub(crate) const KEYS: &[Key] = &[
            $(row!($key, $value, $verbs, $read, $help),)*
            Key {
                name: LISTEN,
                #[cfg(feature = "cli")]
                option: LISTEN,
                #[cfg(feature = "cli")]
                value: "NAME=ADDRESS",
                #[cfg(feature = "cli")]
                help: "Address of a listener; may be repeated",
                verbs: START_WAIT,
                set: listeners::set,
                #[cfg(any(feature = "cli", feature = "config"))]
                shown: |spec| spec.listen.shown(),
            },
            row!(
                config = config_file,
                "PATH",
                START,
                path,
                "File of the settings"
            ),
            row!(
                ready_fd,
                "FD",
                RUN,
                descriptor,
                "Descriptor for a newline when the daemon is ready, as s6 asks"
            ),
        ];
    };
}

keys!(rows);
