//! What a generated file needs to know.

use std::time::Duration;

use super::quote;
use crate::error::Error;

/// What generated files are made from: the declaration as it holds for one installation.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The daemon's name.
    pub(crate) name: String,
    /// One line for people.
    pub(crate) description: String,
    /// The absolute path of the program.
    pub(crate) executable: String,
    /// What stands between the program and the verb, where the verbs are nested in a command.
    pub(crate) before: Vec<String>,
    /// The absolute path of the pid file; its lock is beside it.
    pub(crate) pid_file: String,
    /// The absolute path of the log.
    pub(crate) log_file: String,
    /// The user that the daemon becomes.
    pub(crate) user: Option<String>,
    /// The group that the daemon becomes, where one was declared; else it is the user's own.
    pub(crate) group: Option<String>,
    /// The user's own group, where the account is known: its name, or else its number.
    pub(crate) own_group: Option<String>,
    /// The absolute path of the daemon's working directory.
    pub(crate) working_dir: String,
    /// The folder that becomes the daemon's root, in which `working_dir` then is.
    pub(crate) chroot: Option<String>,
    /// The capabilities that the daemon keeps, `CAP_KILL`, where it says so.
    pub(crate) capabilities: Option<Vec<String>>,
    /// Its resource limits as systemd says them: `LimitNOFILE` and the value.
    pub(crate) limits: Vec<(String, String)>,
    /// Whether it sets `no_new_privs`, where it says so.
    pub(crate) no_new_privs: Option<bool>,
    /// The daemon's file mode creation mask.
    pub(crate) umask: u32,
    /// How long a start may take.
    pub(crate) start_timeout: Duration,
    /// How long a stop may take.
    pub(crate) stop_timeout: Duration,
    /// Options that differ from the declaration, each one word (`--pid-file=/run/x.pid`), and the
    /// verbs that take them.
    pub(crate) options: Vec<(Verbs, String)>,
    /// The arguments with which the program was asked for the file.
    pub(crate) made_by: Vec<String>,
    /// What was asked for beyond the declaration.
    pub(crate) choice: Choice,
    /// The verbs, for the kinds that describe them.
    #[allow(dead_code, reason = "only the feature `completions` reads it")]
    pub(crate) command: fn() -> clap::Command,
}

/// Which verbs take an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbs {
    /// Every verb: it says which daemon is meant.
    All,
    /// Those that start a daemon.
    Starting,
    /// Those that start or stop one.
    StartingOrStopping,
}

impl Verbs {
    fn include(self, verb: &str) -> bool {
        let starting = matches!(verb, "start" | "restart" | "try-restart" | "run");
        match self {
            Self::All => true,
            Self::Starting => starting,
            Self::StartingOrStopping => starting || verb == "stop",
        }
    }
}

/// Variants of a unit of systemd.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// `Type=forking`: systemd calls `start` and `stop`, and the daemon drops its own rights.
    pub(crate) forking: bool,
    /// `Type=notify-reload`, which systemd knows since 253; older ones take it for `simple`.
    pub(crate) notify_reload: bool,
    /// `WatchdogSec=`: systemd ends a daemon whose loop has not turned for so long.
    pub(crate) watchdog: Option<Duration>,
    /// A unit of the user's own manager, `systemctl --user`: the folder of such units.
    pub(crate) user_manager: Option<String>,
}

impl Plan {
    /// How the line begins that [`Plan::mark`] makes.
    pub(super) const MARK: &'static str = "# Made by ";

    /// The command line of a verb, a word each.
    pub(super) fn command(&self, verb: &'static str) -> Vec<&str> {
        let options = self.options.iter().filter(|(verbs, _)| verbs.include(verb));
        let options = options.map(|(_, option)| option.as_str());
        [self.executable.as_str()]
            .into_iter()
            .chain(self.before.iter().map(String::as_str))
            .chain([verb])
            .chain(options)
            .collect()
    }

    /// The command line of `run` under a supervisor that keeps no log of its own: in the
    /// foreground the daemon would log to standard error.
    pub(super) fn supervised(&self) -> Vec<String> {
        let mut command: Vec<String> = self
            .command("run")
            .iter()
            .map(ToString::to_string)
            .collect();
        if !command.iter().any(|word| word.starts_with("--log-file=")) {
            command.push(format!("--log-file={}", self.log_file));
        }
        command
    }

    /// The command line of a verb for a shell.
    pub(super) fn shell(&self, verb: &'static str) -> String {
        quote::words(&self.command(verb), quote::shell)
    }

    /// The options of a verb for a shell.
    pub(super) fn shell_options(&self, verb: &'static str) -> String {
        quote::words(&self.command(verb)[self.before.len() + 2..], quote::shell)
    }

    /// Owner and group of the log. An account that is to be made yet is expected to get a group of
    /// its own name.
    pub(super) fn owner(&self) -> (&str, &str) {
        let user = self.user.as_deref().unwrap_or("root");
        let group = self.group.as_deref().or(self.own_group.as_deref());
        (user, group.unwrap_or(user))
    }

    /// The line by which `unit --check` knows how the file was made.
    pub(super) fn mark(&self) -> String {
        let words = quote::words(&self.made_by, quote::shell);
        format!("{}{}: {words}", Self::MARK, self.name)
    }

    /// Whether one of the daemon's paths is in one of `folders`.
    pub(super) fn lives_in(&self, folders: &[&str]) -> bool {
        let paths = [&self.executable, &self.pid_file, &self.log_file];
        let own = [self.chroot.as_ref().unwrap_or(&self.working_dir)];
        paths.into_iter().chain(own).any(|path| {
            folders.iter().any(|folder| {
                path.strip_prefix(folder)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }

    /// Refuses what no format can say: a line break ends a setting in all of them.
    pub(super) fn check(&self) -> Result<(), Error> {
        let choice = &self.choice;
        if choice.forking && (choice.notify_reload || choice.watchdog.is_some()) {
            return Err(Error::usage(
                "--notify-reload and --watchdog are not possible with --forking; omit one of them",
            ));
        }
        let fixed = [
            ("the description", &self.description),
            ("the path of the program", &self.executable),
            ("the pid file", &self.pid_file),
            ("the log file", &self.log_file),
            ("the working directory", &self.working_dir),
        ];
        let users = [
            ("the user", &self.user),
            ("the group", &self.group),
            ("the user's group", &self.own_group),
            ("the chroot", &self.chroot),
        ];
        let users = users
            .into_iter()
            .filter_map(|(what, name)| Some((what, name.as_ref()?)));
        let options = self
            .options
            .iter()
            .map(|(_, option)| ("the option", option));
        let arguments = self
            .made_by
            .iter()
            .chain(&self.before)
            .map(|argument| ("the argument", argument));
        for (what, value) in fixed
            .into_iter()
            .chain(users)
            .chain(options)
            .chain(arguments)
        {
            if value.chars().any(char::is_control) {
                let reason = "contains a control character";
                return Err(unwritable(what, value, reason));
            }
        }
        for (what, path) in &fixed[1..] {
            if !path.starts_with('/') {
                let reason = "is not absolute";
                return Err(unwritable(what, path, reason));
            }
        }
        Ok(())
    }
}

/// Creates the error for a value that a format cannot express.
pub(super) fn unwritable(what: &str, value: &str, reason: &str) -> Error {
    Error::other(format!("{what} {value:?} {reason}"))
}

/// The folder of a path: everything before the last slash.
pub(super) fn folder_of(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}
