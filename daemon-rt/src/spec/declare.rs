//! A method a key: what the attribute writes behind [`Spec::new`].

use std::time::Duration;

use super::values::at_most_a_year;
use super::{Children, Core, Env, OnPanic, Spec, Timer};
use crate::logger::Format;
use crate::signal::Signal;

impl Spec {
    /// Sets the version that `--version` prints.
    #[must_use]
    pub const fn version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    /// Describes the program in a sentence.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = Some(about);
        self
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
    pub const fn pid_file(mut self, pid_file: &'static str) -> Self {
        self.pid_file = Some(pid_file);
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
    pub const fn user(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }

    /// Names the group to become.
    #[must_use]
    pub const fn group(mut self, group: &'static str) -> Self {
        self.group = Some(group);
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
    pub const fn log_file(mut self, log_file: &'static str) -> Self {
        self.log_file = Some(log_file);
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
