//! The declaration itself.

use std::time::Duration;

use super::keys::keys;
use super::values::{
    Children, Core, Env, Listener, OnPanic, Timer, above_zero, absolute, absolute_directory,
    absolute_or_syslog, as_it_is, at_most_a_year, names_differ,
};
use crate::listen::{OPENER, Opener};
use crate::logger::{Buffer, Filter, Format, Keep, Level, Limit, Repeats, Rotate};
use crate::signal::Signal;

/// Writes [`Spec`], its defaults, and a method for each key.
macro_rules! declare {
    ($(
        $(#[$doc:meta])*
        $key:ident($argument:ty) $into:path: $field:ty = $default:expr;
        $value:literal, $verbs:ident, $read:ident, $help:literal;
    )*) => {
        /// The declaration of the attribute, with every default filled in.
        ///
        /// It is built in a `const`: [`Spec::new`], then one method for each key. The keys of
        /// `#[daemon(…)]`, the options of the command line (`--log-level`) and the variables of the
        /// environment (`SERVER_LOG_LEVEL`) have the same names.
        ///
        /// A time is at most a year (366 days), a time-out is longer than zero, and a path is
        /// absolute. The methods panic otherwise: in a `const` at compile time.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Spec {
            pub(crate) name: &'static str,
            pub(crate) version: Option<&'static str>,
            pub(crate) about: Option<&'static str>,
            pub(crate) signals: &'static [Signal],
            pub(crate) timers: &'static [Timer],
            pub(crate) listen: &'static [Listener],
            /// The functions of listeners, if the daemon declares any.
            pub(crate) opener: Option<&'static Opener>,
            pub(crate) env: Env,
            pub(crate) children: Children,
            /// Whether the daemon has settings.
            pub(crate) config: bool,
            /// The option and the variable of this key have the name `config`.
            pub(crate) config_file: Option<&'static str>,
            $(pub(crate) $key: $field,)*
            /// The descriptor on which a supervisor waits for a newline: of one invocation, and so
            /// no key of the declaration.
            pub(crate) ready_fd: Option<i32>,
        }

        impl Spec {
            /// Declares a daemon of this name, with every default.
            ///
            /// # Panics
            /// When the name is empty, begins with `-` or `.`, or has other characters than
            /// letters, digits, `-`, `_` and `.`: it names files. In a `const` that is at compile
            /// time.
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                assert!(
                    is_file_stem(name),
                    "a daemon's name has letters, digits, `-`, `_` and `.`"
                );
                let this = Self {
                    name,
                    version: None,
                    about: None,
                    signals: &[],
                    timers: &[],
                    listen: &[],
                    opener: None,
                    env: Env::Cleaned,
                    children: Children::Own,
                    config: false,
                    config_file: None,
                    $($key: $default,)*
                    ready_fd: None,
                };
                this.title(name)
            }

        }

        setters! {
            $($(#[$doc])* $key($argument) $into;)*
        }
    };
}

/// Writes a method for each field.
macro_rules! setters {
    ($($(#[$doc:meta])* $key:ident($argument:ty) $into:path;)*) => {
        impl Spec {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $key(mut self, $key: $argument) -> Self {
                    self.$key = $into($key);
                    self
                }
            )*
        }
    };
}

keys!(declare);

setters! {
    /// Sets the version that `--version` prints.
    version(&'static str) Some;

    /// Describes the program in a sentence. `--help` begins with it, and unit files have it as
    /// their description.
    about(&'static str) Some;

    /// Declares the signals that reach [`Event::Signal`](crate::Event::Signal).
    signals(&'static [Signal]) as_it_is;

    /// Declares the timers that reach [`Event::Timer`](crate::Event::Timer).
    timers(&'static [Timer]) as_it_is;

    /// Sets which variables of the caller's environment the daemon keeps.
    env(Env) as_it_is;

    /// Sets which children the runtime reaps.
    children(Children) as_it_is;

    /// Places the file of the settings, by an absolute path. Without it the file is where [`crate`]
    /// says, and may be missing. With a `chroot` the path is that from outside, below the root.
    config_file(&'static str) absolute;
}

impl Spec {
    /// Returns the daemon's name: the stem of its files, of its variables and of its messages.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Declares that the daemon has settings, see
    /// [`Resources::settings`](crate::Resources::settings). The feature `config` adds them.
    ///
    /// # Panics
    /// When the program was built without the feature. In a `const` that is at compile time.
    #[must_use]
    pub const fn config(mut self) -> Self {
        self.config = with_feature(cfg!(feature = "config"));
        self
    }

    /// Declares the sockets at which the daemon listens. It binds them before it drops privileges.
    ///
    /// # Panics
    /// When two have one name. In a `const` that is at compile time.
    #[must_use]
    pub const fn listen(mut self, listen: &'static [Listener]) -> Self {
        self.listen = names_differ(listen);
        // Only this line names the table, so other programs do not link its functions.
        self.opener = Some(&OPENER);
        self
    }

    /// Writes records by level and target, in place of [`Spec::log_level`].
    #[must_use]
    pub const fn log_filter(mut self, filter: Filter) -> Self {
        self.log_level = filter;
        self
    }
}

/// Returns true, or panics with the name of the feature that is missing.
const fn with_feature(is_enabled: bool) -> bool {
    assert!(
        is_enabled,
        "`config` needs the feature `config` of `daemon-rt`"
    );
    true
}

/// Whether `name` can be the stem of a file's name and of a variable's.
const fn is_file_stem(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes[0] == b'-' || bytes[0] == b'.' {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.') {
            return false;
        }
        at += 1;
    }
    true
}
