//! The data of generated files.

use std::time::Duration;

use super::quote;
use crate::error::Error;

/// The declaration with the settings of one installation, from which files are generated.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The daemon's name.
    pub(crate) name: String,
    /// Description in one line, for people.
    pub(crate) description: String,
    /// The absolute path of the program.
    pub(crate) executable: String,
    /// The words between program and verb, where the verbs are nested in a command.
    pub(crate) before: Vec<String>,
    /// The absolute path of the pid file, which has the lock file beside it.
    pub(crate) pid_file: String,
    /// The absolute path of the log.
    pub(crate) log_file: String,
    /// The absolute path of the daemon's own settings, if it has any.
    pub(crate) config_file: Option<String>,
    /// The user that the daemon becomes.
    pub(crate) user: Option<String>,
    /// The group that the daemon becomes, if one was declared. Otherwise it is the user's own.
    pub(crate) group: Option<String>,
    /// The name of the user's own group, or its number, if the account is known.
    pub(crate) own_group: Option<String>,
    /// The absolute path of the daemon's working directory.
    pub(crate) working_dir: String,
    /// The directory that becomes the daemon's root and contains `working_dir`.
    pub(crate) chroot: Option<String>,
    /// The capabilities that the daemon keeps, such as `CAP_KILL`, if declared.
    pub(crate) capabilities: Option<Vec<String>>,
    /// The resource limits as settings of systemd: `LimitNOFILE` and the value.
    pub(crate) limits: Vec<(String, String)>,
    /// Whether the daemon sets `no_new_privs`, if declared.
    pub(crate) no_new_privs: Option<bool>,
    /// The sockets at which the daemon listens.
    pub(crate) sockets: Vec<Socket>,
    /// The daemon's file mode creation mask.
    pub(crate) umask: u32,
    /// How long a start may take.
    pub(crate) start_timeout: Duration,
    /// How long a stop may take.
    pub(crate) stop_timeout: Duration,
    /// The options that differ from the declaration, with the verbs that take them. Each is one
    /// word, such as `--pid-file=/run/x.pid`.
    pub(crate) options: Vec<(Verbs, String)>,
    /// The arguments of the command that generates the file.
    pub(crate) made_by: Vec<String>,
    /// The variant of the file, which is not declared.
    pub(crate) choice: Choice,
    /// The command of the verbs, for the kinds that describe them.
    #[allow(dead_code, reason = "only the feature `completions` reads it")]
    pub(crate) command: fn() -> clap::Command,
}

/// A socket at which the daemon listens.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    /// The name of the listener.
    pub(crate) name: String,
    /// Whether it is a stream. Otherwise it receives datagrams.
    pub(crate) is_stream: bool,
    /// The address as systemd reads it: of IP, an absolute path, or an abstract name after `@`.
    pub(crate) address: String,
    /// Whether an address of IPv6 refuses IPv4.
    pub(crate) is_v6_only: Option<bool>,
    /// Whether only root may bind the port.
    pub(crate) has_low_port: bool,
    /// The mode of a socket with a path.
    pub(crate) mode: Option<u32>,
}

impl Socket {
    /// Returns the path, if the socket has one.
    pub(super) fn path(&self) -> Option<&str> {
        self.mode.is_some().then_some(&self.address)
    }
}

/// The verbs that take an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbs {
    /// Every verb, for an option that identifies the daemon.
    All,
    /// The verbs that start a daemon.
    Starting,
    /// The verbs that start or stop a daemon.
    StartingOrStopping,
}

impl Verbs {
    /// Returns whether `verb` takes the option.
    fn include(self, verb: &str) -> bool {
        let starting = matches!(verb, "start" | "restart" | "try-restart" | "run");
        match self {
            Self::All => true,
            Self::Starting => starting,
            Self::StartingOrStopping => starting || verb == "stop",
        }
    }
}

/// The variant of a systemd unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// `Type=forking`: systemd calls `start` and `stop`, and the daemon drops privileges itself.
    pub(crate) forking: bool,
    /// `Type=notify-reload`, which needs systemd 253. Older ones treat it as `simple`.
    pub(crate) notify_reload: bool,
    /// `WatchdogSec=`: systemd ends a daemon whose loop has not turned for this long.
    pub(crate) watchdog: Option<Duration>,
    /// The directory of the user's units, for a unit of `systemctl --user`.
    pub(crate) user_manager: Option<String>,
}

impl Plan {
    /// The beginning of the line of [`Plan::mark`].
    pub(super) const MARK: &'static str = "# Made by ";

    /// Returns the options that `verb` takes.
    pub(super) fn options(&self, verb: &str) -> Vec<&str> {
        let options = self.options.iter().filter(|(verbs, _)| verbs.include(verb));
        options.map(|(_, option)| option.as_str()).collect()
    }

    /// Returns the command line of a verb as words.
    pub(super) fn command<'a>(&'a self, verb: &'a str) -> Vec<&'a str> {
        let before = self.before.iter().map(String::as_str);
        let mut words = vec![self.executable.as_str()];
        words.extend(before.chain([verb]).chain(self.options(verb)));
        words
    }

    /// Returns the command line of `run` under a supervisor without a log. By default a daemon in
    /// the foreground would log to stderr.
    pub(super) fn supervised(&self) -> Vec<String> {
        let command = self.command("run").into_iter();
        let mut command: Vec<String> = command.map(str::to_owned).collect();
        if !command.iter().any(|word| word.starts_with("--log-file=")) {
            command.push(format!("--log-file={}", self.log_file));
        }
        command
    }

    /// Returns the command line of a verb for a shell.
    pub(super) fn shell(&self, verb: &str) -> String {
        quote::words(&self.command(verb), quote::shell)
    }

    /// Returns owner and group of the log. A missing account is expected to get a group of its
    /// name.
    pub(super) fn owner(&self) -> (&str, &str) {
        let user = self.user.as_deref().unwrap_or("root");
        let group = self.group.as_deref().or(self.own_group.as_deref());
        (user, group.unwrap_or(user))
    }

    /// Returns the line from which `unit --check` reads the arguments of the file.
    pub(super) fn mark(&self) -> String {
        let words = quote::words(&self.made_by, quote::shell);
        format!("{}{}: {words}", Self::MARK, self.name)
    }

    /// Returns the directories of sockets, besides that of the pid file.
    pub(super) fn socket_directories(&self) -> impl Iterator<Item = &str> {
        let own = directory_of(&self.pid_file);
        let paths = self.sockets.iter().filter_map(Socket::path);
        paths
            .map(directory_of)
            .filter(move |directory| *directory != own)
    }

    /// Returns whether one of the daemon's paths is in one of `directories`.
    pub(super) fn lives_in(&self, directories: &[&str]) -> bool {
        let paths = [&self.executable, &self.pid_file, &self.log_file];
        let own = [self.chroot.as_ref().unwrap_or(&self.working_dir)];
        paths
            .into_iter()
            .chain(own)
            .chain(&self.config_file)
            .map(String::as_str)
            .chain(self.sockets.iter().filter_map(Socket::path))
            .any(|path| {
                directories.iter().any(|directory| {
                    path.strip_prefix(directory)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            })
    }

    /// Refuses values that no format can express, since a line break ends a setting in all of them.
    ///
    /// # Errors
    /// A value has a control character, a path is relative, or two options exclude each other.
    pub(super) fn check(&self) -> Result<(), Error> {
        let choice = &self.choice;
        if choice.forking && (choice.notify_reload || choice.watchdog.is_some()) {
            return Err(Error::usage(
                "--notify-reload and --watchdog are not possible with --forking; omit one of them",
            ));
        }
        let paths = [
            ("the path of the program", &self.executable),
            ("the pid file", &self.pid_file),
            ("the log file", &self.log_file),
            ("the working directory", &self.working_dir),
        ];
        let names = [
            ("the description", Some(&self.description)),
            ("the user", self.user.as_ref()),
            ("the group", self.group.as_ref()),
            ("the user's group", self.own_group.as_ref()),
            ("the chroot", self.chroot.as_ref()),
            ("the settings", self.config_file.as_ref()),
        ];
        let names = names
            .into_iter()
            .filter_map(|(what, name)| Some((what, name?)));
        let options = self.options.iter().map(|(_, option)| option);
        let arguments = options.chain(&self.made_by).chain(&self.before);
        let arguments = arguments.map(|argument| ("the argument", argument));
        let sockets = self.sockets.iter();
        let sockets = sockets.map(|socket| ("the address of a listener", &socket.address));
        let rest = names.chain(arguments).chain(sockets);
        for (what, value) in paths.into_iter().chain(rest) {
            if value.chars().any(char::is_control) {
                return Err(unwritable(what, value, "contains a control character"));
            }
        }
        match paths.into_iter().find(|(_, path)| !path.starts_with('/')) {
            Some((what, path)) => Err(unwritable(what, path, "is not absolute")),
            None => Ok(()),
        }
    }
}

/// Creates the error for a value that a format cannot express.
pub(super) fn unwritable(what: &str, value: &str, reason: &str) -> Error {
    Error::other(format!("{what} {value:?} {reason}; choose another one"))
}

/// Returns the directory of a path, the part before the last slash.
pub(super) fn directory_of(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}
