//! The table of keys that the environment and the command line may override.
//!
//! A row is all there is of a key in the runtime: field and method of [`Spec`](super::Spec),
//! default, option, variable, help. The code that uses the value explains its effect.

/// Passes every row to the macro `$then`. A row is:
///
/// ```text
/// /// The documentation of the method.
/// name(type of its argument) how it becomes the field: type of the field = default;
/// argument in the help, kind of verbs, function that reads the text, help;
/// ```
macro_rules! keys {
    ($then:ident) => {
        $then! {
            /// Places the pid file, by an absolute path. Its lock is beside it. Without it the pid
            /// file is where [`crate`] says.
            pid_file(&'static str) absolute: Option<&'static str> = None;
            "PATH", ALL, path, "Pid file; its lock is beside it";

            /// Sends the log to a file, by an absolute path, or to syslogd: `syslog:`,
            /// `syslog:/run/other`. `syslog-rfc5424:` sends the form of RFC 5424. Without the key
            /// the log is where [`crate`] says.
            log_file(&'static str) absolute_or_syslog: Option<&'static str> = None;
            "PATH", START_READ, log_file, "Log file, or `syslog:`";

            /// Writes records of this level and above. [`Spec::log_filter`] has levels by target.
            log_level(Level) Filter::all: Filter = Filter::all(Level::Debug);
            "LEVEL", START, logged, "trace, debug, info, warn, error, fatal or off";

            /// Sets the format of a line in the log.
            log_format(Format) as_it_is: Format = Format::Short;
            "FORMAT", START, logged, "short, full or json";

            /// Buffers the log, see [`Builder::buffer`](crate::logger::Builder::buffer).
            log_buffer(Buffer) as_it_is: Buffer = Buffer::NONE;
            "SIZE", START, logged, "Size of the log's buffer (64K); 0 disables it";

            /// Begins a new log file by itself, see
            /// [`Builder::rotate`](crate::logger::Builder::rotate).
            log_rotate(Rotate) as_it_is: Rotate = Rotate::NEVER;
            "WHEN", START, logged, "When to begin a new log file: 10M, daily, `daily,10M` or never";

            /// Limits the old files of the log, see
            /// [`Builder::keep`](crate::logger::Builder::keep).
            log_keep(Keep) as_it_is: Keep = Keep::files(7);
            "FILES", START, logged, "Number of old log files, and their total size: 7 or `7,100M`";

            /// Limits the records of a call site, see
            /// [`Builder::limit`](crate::logger::Builder::limit).
            log_limit(Limit) as_it_is: Limit = Limit::NONE;
            "LIMIT", START, logged, "Rate limit for each call site (100/1s), or none";

            /// Logs each repeat of a record, or folds them, see
            /// [`Builder::repeats`](crate::logger::Builder::repeats).
            log_repeats(Repeats) as_it_is: Repeats = Repeats::All;
            "HOW", START, logged, "Repeats of a record: all, or fold them into one line";

            /// Sets the working directory of the detached daemon, by an absolute path. With a
            /// `chroot` the path is in that root.
            working_dir(&'static str) absolute_directory: &'static str = "/";
            "PATH", START, required_path, "Working directory of the daemon";

            /// Sets the file mode creation mask, `umask(2)`.
            umask(u32) as_it_is: u32 = 0o027;
            "OCTAL", START, umask, "File mode creation mask";

            /// Makes the daemon run as this user, a name or a number. Without it the user is the
            /// caller.
            user(&'static str) Some: Option<&'static str> = None;
            "NAME", ALL, name, "User that the daemon becomes";

            /// Makes the daemon run as this group. Without it the group is the user's own, or the
            /// caller's.
            group(&'static str) Some: Option<&'static str> = None;
            "NAME", ALL, name, "Group that the daemon becomes";

            /// Sets `no_new_privs`, `prctl(2)`, or keeps it from being set: no program that the
            /// daemon runs gets more rights by being setuid. Without it the flag is set where the
            /// daemon gives rights up, by `user`, `group` or `capabilities`.
            no_new_privs(bool) Some: Option<bool> = None;
            "BOOL", START, flag, "Keep programs from giving the daemon more rights: true or false";

            /// Keeps these capabilities and drops all others: names of `capabilities(7)` in any
            /// case, with or without `CAP_`. Without it the daemon has what its user has.
            capabilities(&'static [&'static str]) Some: Option<&'static [&'static str]> = None;
            "NAMES", START, capabilities, "Capabilities to keep: `net_bind_service,chown` or none";

            /// Sets resource limits, `setrlimit(2)`, soft or soft:hard:
            /// `nofile=65536,nproc=100:200`.
            rlimits(&'static str) as_it_is: &'static str = "none";
            "LIMITS", START, rlimits, "Resource limits, soft or soft:hard: `nofile=65536,nproc=100:200`, or none";

            /// Makes a directory the root of the daemon, `chroot(2)`, by an absolute path.
            chroot(&'static str) absolute: Option<&'static str> = None;
            "PATH", START_READ, directory, "Directory that becomes the daemon's root";

            /// Sets whether a crash writes a core file, `core(5)`.
            core(Core) as_it_is: Core = Core::Inherited;
            "HOW", START, word, "Whether a crash writes a core file: on or off";

            /// Sets the title that `ps` shows. Without it the title is the name.
            title(&'static str) Some: Option<&'static str> = None;
            "TEXT", START, name, "Title that ps(1) shows";

            /// Sets the time from the beginning of one `run` to the next. Zero is at once.
            interval(Duration) at_most_a_year: Duration = Duration::ZERO;
            "TIME", START, duration, "Time from one run to the next; 0s is at once";

            /// Limits how long `start` waits for the daemon to be ready. The limit is longer than
            /// zero.
            start_timeout(Duration) above_zero: Duration = Duration::from_secs(30);
            "TIME", START_WAIT, timeout, "How long to wait for the daemon to be ready";

            /// Limits how long `stop` waits before SIGKILL. A daemon that a plain `kill` asked to
            /// stop ends itself a second after this time, with exit code 143. The limit is longer
            /// than zero.
            stop_timeout(Duration) above_zero: Duration = Duration::from_secs(20);
            "TIME", START_WAIT, timeout, "How long to wait before SIGKILL";

            /// Limits how long a stop waits for the work in flight: for each
            /// [`Guard`](crate::Guard), and for async hooks that have not returned. Zero is not at all.
            ///
            /// It is a part of `stop_timeout`, and has the same share of a stop that a verb shortens.
            /// If it is not shorter than `stop_timeout`, it is half of that.
            drain(Duration) at_most_a_year: Duration = Duration::from_secs(10);
            "TIME", START, duration, "How long a stop waits for the work in flight";

            /// Limits how long one hook may take before `status` reports that the daemon hangs.
            /// Zero is never.
            hang_after(Duration) at_most_a_year: Duration = Duration::from_secs(60);
            "TIME", START, duration, "When status reports a hook as hanging; 0s is never";

            /// Sets what follows a panic.
            on_panic(OnPanic) as_it_is: OnPanic = OnPanic::Exit;
            "HOW", START, word, "After a panic: exit, or restart in the same process";
        }
    };
}

pub(crate) use keys;
