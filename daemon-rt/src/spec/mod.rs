//! The declaration of a daemon: the keys of `#[daemon(…)]`, as data.

mod declare;
mod values;

use std::time::Duration;

use crate::logger::Format;
use crate::signal::Signal;

pub use self::values::{Children, Core, Env, OnPanic, Timer};

/// What the attribute declares, with every default filled in.
///
/// Built in a `const`: [`Spec::new`], then one method a key. The same words are the keys of
/// `#[daemon(…)]`, the options of the command line (`--log-level`) and the variables of the
/// environment (`SERVER_LOG_LEVEL`).
///
/// A time is at most a year (366 days): the methods panic beyond it, in a `const` at compile time.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Spec {
    /// The daemon's name: stem of the files, of the variables and of the messages.
    pub name: &'static str,
    /// The version that `--version` prints.
    pub version: Option<&'static str>,
    /// A sentence about the program. `--help` begins with it, and unit files have it as description.
    pub about: Option<&'static str>,
    /// The signals that reach [`Event::Signal`](crate::Event::Signal).
    pub signals: &'static [Signal],
    /// The timers that reach [`Event::Timer`](crate::Event::Timer).
    pub timers: &'static [Timer],
    /// The pid file; `None` is the place that [`crate`] documents.
    pub pid_file: Option<&'static str>,
    /// The working directory of the detached daemon.
    pub working_dir: &'static str,
    /// The file mode creation mask of the daemon.
    pub umask: u32,
    /// What the daemon keeps of the caller's environment.
    pub env: Env,
    /// The user to become; `None` is the caller.
    pub user: Option<&'static str>,
    /// The group to become; `None` is the user's own, or the caller's.
    pub group: Option<&'static str>,
    /// Whether `no_new_privs` is set, `prctl(2)`: no program that the daemon runs gets more rights by
    /// being setuid. `None` sets it where the daemon gives rights up: by `user`, `group` or
    /// `capabilities`.
    pub no_new_privs: Option<bool>,
    /// The capabilities to keep, `capabilities(7)`: `net_bind_service`. `None`: all that the user has,
    /// so none of root's.
    pub capabilities: Option<&'static [&'static str]>,
    /// Resource limits, `setrlimit(2)`: `nofile=65536,nproc=100:200`; `none` changes none.
    pub rlimits: &'static str,
    /// The folder that becomes the root of the daemon, `chroot(2)`.
    pub chroot: Option<&'static str>,
    /// Whether a crash writes a core file, `core(5)`.
    pub core: Core,
    /// What `ps` shows.
    pub title: &'static str,
    /// The log file; `None` is the place that [`crate`] documents.
    pub log_file: Option<&'static str>,
    /// The least severe records that are written, and a filter by target.
    pub log_level: &'static str,
    /// The shape of a line in the log.
    pub log_format: Format,
    /// The size of the log's buffer; `0` is none.
    pub log_buffer: &'static str,
    /// When the log begins a new file by itself.
    pub log_rotate: &'static str,
    /// What is kept of its old files.
    pub log_keep: &'static str,
    /// How many records a call site may log in a time; `none` is no limit.
    pub log_limit: &'static str,
    /// Whether repeats of a record are folded into one line.
    pub log_repeats: &'static str,
    /// The time from the beginning of one `run` to the next; zero is at once.
    pub interval: Duration,
    /// How long `start` waits for the daemon to be ready.
    pub start_timeout: Duration,
    /// How long `stop` waits before SIGKILL. A daemon that nobody kills, since a plain `kill` asked
    /// it to stop, ends itself a second after this, with exit code 143.
    pub stop_timeout: Duration,
    /// How long one hook may take before `status` says that the daemon hangs; zero is for ever.
    pub hang_after: Duration,
    /// Which children the runtime waits for.
    pub children: Children,
    /// What follows a panic.
    pub on_panic: OnPanic,
}

impl Spec {
    /// The declaration of a daemon called `name`, with every default.
    ///
    /// # Panics
    /// In a `const`, so at compile time, when `name` is empty, begins with `-` or `.`, or has other
    /// characters than letters, digits, `-`, `_` and `.`: it names files.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        assert!(
            is_file_stem(name),
            "a daemon's name has letters, digits, `-`, `_` and `.`"
        );
        Self {
            name,
            version: None,
            about: None,
            signals: &[],
            timers: &[],
            pid_file: None,
            working_dir: "/",
            umask: 0o027,
            env: Env::Cleaned,
            user: None,
            group: None,
            no_new_privs: None,
            capabilities: None,
            rlimits: "none",
            chroot: None,
            core: Core::Inherited,
            title: name,
            log_file: None,
            log_level: "debug",
            log_format: Format::Short,
            log_buffer: "0",
            log_rotate: "never",
            log_keep: "7",
            log_limit: "none",
            log_repeats: "all",
            interval: Duration::ZERO,
            start_timeout: Duration::from_secs(30),
            stop_timeout: Duration::from_secs(20),
            hang_after: Duration::from_secs(60),
            children: Children::Own,
            on_panic: OnPanic::Exit,
        }
    }
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
