//! The declaration of a daemon: the keys of `#[daemon(…)]`, as data.

mod values;

use std::time::Duration;

use self::values::at_most_a_year;
use crate::Signal;
use crate::logger::Format;

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
            log_format: Format::Seed,
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

    /// Declares the signals that the daemon handles.
    #[must_use]
    pub const fn signals(mut self, signals: &'static [Signal]) -> Self {
        self.signals = signals;
        self
    }

    /// Declares the timers.
    #[must_use]
    pub const fn timers(mut self, timers: &'static [Timer]) -> Self {
        self.timers = timers;
        self
    }

    /// Places the pid file (absolute); its lock is beside it.
    #[must_use]
    pub const fn pid_file(mut self, pid_file: Option<&'static str>) -> Self {
        self.pid_file = pid_file;
        self
    }

    /// Sets the working directory (absolute; in the daemon's own root, if it has one).
    #[must_use]
    pub const fn working_dir(mut self, working_dir: &'static str) -> Self {
        self.working_dir = working_dir;
        self
    }

    /// Sets the file mode creation mask, `umask(2)`.
    #[must_use]
    pub const fn umask(mut self, umask: u32) -> Self {
        self.umask = umask;
        self
    }

    /// Chooses what is kept of the environment.
    #[must_use]
    pub const fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Names the user to become.
    #[must_use]
    pub const fn user(mut self, user: Option<&'static str>) -> Self {
        self.user = user;
        self
    }

    /// Names the group to become.
    #[must_use]
    pub const fn group(mut self, group: Option<&'static str>) -> Self {
        self.group = group;
        self
    }

    /// Sets `no_new_privs`, or keeps it from being set.
    #[must_use]
    pub const fn no_new_privs(mut self, no_new_privs: bool) -> Self {
        self.no_new_privs = Some(no_new_privs);
        self
    }

    /// Keeps these capabilities and gives up all others; names of `capabilities(7)`, in any case, with
    /// or without `CAP_`.
    #[must_use]
    pub const fn capabilities(mut self, capabilities: &'static [&'static str]) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Sets resource limits: names of `setrlimit(2)` in lower case and without `RLIMIT_`, each with a
    /// value for both limits, or with a soft and a hard one (`nproc=100:200`). Sizes may have `K`, `M`
    /// or `G` behind them; `cpu` is in seconds, `rttime` in microseconds; `unlimited` is none.
    #[must_use]
    pub const fn rlimits(mut self, rlimits: &'static str) -> Self {
        self.rlimits = rlimits;
        self
    }

    /// Changes the root of the daemon (absolute). Only root can.
    #[must_use]
    pub const fn chroot(mut self, chroot: &'static str) -> Self {
        self.chroot = Some(chroot);
        self
    }

    /// Chooses whether a crash writes a core file.
    #[must_use]
    pub const fn core(mut self, core: Core) -> Self {
        self.core = core;
        self
    }

    /// Sets what `ps` shows.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Places the log file: an absolute path, or `syslog:` for syslogd, behind which may stand the
    /// absolute path of its socket.
    #[must_use]
    pub const fn log_file(mut self, log_file: Option<&'static str>) -> Self {
        self.log_file = log_file;
        self
    }

    /// Sets the least severe level that is logged.
    #[must_use]
    pub const fn log_level(mut self, log_level: &'static str) -> Self {
        self.log_level = log_level;
        self
    }

    /// Chooses the shape of a line in the log.
    #[must_use]
    pub const fn log_format(mut self, log_format: Format) -> Self {
        self.log_format = log_format;
        self
    }

    /// Buffers the log, `64K`: see [`Builder::buffer`](crate::logger::Builder::buffer).
    #[must_use]
    pub const fn log_buffer(mut self, log_buffer: &'static str) -> Self {
        self.log_buffer = log_buffer;
        self
    }

    /// Has the log begin new files by itself, `daily,10M`: see
    /// [`Builder::rotate`](crate::logger::Builder::rotate).
    #[must_use]
    pub const fn log_rotate(mut self, log_rotate: &'static str) -> Self {
        self.log_rotate = log_rotate;
        self
    }

    /// Bounds the old files of a log that rotates itself, `7,100M`: see
    /// [`Builder::keep`](crate::logger::Builder::keep).
    #[must_use]
    pub const fn log_keep(mut self, log_keep: &'static str) -> Self {
        self.log_keep = log_keep;
        self
    }

    /// Limits the records of each call site, `100/1s`: see
    /// [`Builder::limit`](crate::logger::Builder::limit).
    #[must_use]
    pub const fn log_limit(mut self, log_limit: &'static str) -> Self {
        self.log_limit = log_limit;
        self
    }

    /// Writes a record that repeats itself once, `fold`: see
    /// [`Builder::repeats`](crate::logger::Builder::repeats).
    #[must_use]
    pub const fn log_repeats(mut self, log_repeats: &'static str) -> Self {
        self.log_repeats = log_repeats;
        self
    }

    /// Paces `run`.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = at_most_a_year(interval);
        self
    }

    /// Bounds the wait of `start`.
    #[must_use]
    pub const fn start_timeout(mut self, start_timeout: Duration) -> Self {
        self.start_timeout = at_most_a_year(start_timeout);
        self
    }

    /// Bounds the wait of `stop`.
    #[must_use]
    pub const fn stop_timeout(mut self, stop_timeout: Duration) -> Self {
        self.stop_timeout = at_most_a_year(stop_timeout);
        self
    }

    /// Bounds one hook before `status` says that it hangs.
    #[must_use]
    pub const fn hang_after(mut self, hang_after: Duration) -> Self {
        self.hang_after = at_most_a_year(hang_after);
        self
    }

    /// Chooses which children the runtime waits for.
    #[must_use]
    pub const fn children(mut self, children: Children) -> Self {
        self.children = children;
        self
    }

    /// Chooses what follows a panic.
    #[must_use]
    pub const fn on_panic(mut self, on_panic: OnPanic) -> Self {
        self.on_panic = on_panic;
        self
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
