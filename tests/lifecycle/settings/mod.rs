//! A daemon with settings: where they come from, who may write them, and what a reload changes.

mod layers;
mod owners;
mod refusals;
mod reload;
mod shown;
mod user;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tests::support::{Finished, Process, Running, Sandbox};

/// A place for a daemon with settings, whose file a variable names.
struct Site {
    sandbox: Sandbox,
    file: PathBuf,
    /// Options of every verb that reads the settings.
    variables: Vec<(String, String)>,
}

impl Site {
    /// A place for a daemon of `tests/daemons/`.
    fn of(name: &str) -> Self {
        Self::at(Sandbox::of(name))
    }

    /// A place for the daemon whose `on_reload` takes the settings.
    fn new() -> Self {
        Self::of("configured")
    }

    fn at(sandbox: Sandbox) -> Self {
        let file = sandbox.path("settings.toml");
        let named = (sandbox.variable("CONFIG"), file.display().to_string());
        Self {
            sandbox,
            file,
            variables: vec![named],
        }
    }

    /// Sets a variable of every verb: `LOG_LEVEL`, `_PORT`.
    fn with(mut self, key: &str, value: &str) -> Self {
        let variable = self.sandbox.variable(key);
        self.variables.push((variable, value.to_owned()));
        self
    }

    /// Replaces the file.
    fn write(&self, text: impl AsRef<[u8]>) {
        let new = self.sandbox.path("settings.new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &self.file).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    #[track_caller]
    fn verb(&self, arguments: &[&str]) -> Finished {
        Running::begin(self.command(arguments)).finish()
    }

    /// `run` with its log on stderr, which ends by itself.
    #[track_caller]
    fn run(&self) -> Finished {
        let mut command = self.command(&["run"]);
        command.env_remove(self.sandbox.variable("LOG_FILE"));
        Running::begin(command).finish()
    }

    #[track_caller]
    fn start(&self) -> Process {
        let _ = self.verb(&["start"]).exits(0);
        self.sandbox.daemon()
    }

    /// The line of the verb `config` for a key: its value, then its source.
    #[track_caller]
    fn setting(&self, key: &str) -> Option<(String, String)> {
        let shown = self.verb(&["config"]).exits(0).stdout;
        let begin = format!("  {key} = ");
        let line = shown.lines().find_map(|line| line.strip_prefix(&begin))?;
        let (value, source) = line.split_once("  ").unwrap();
        Some((value.to_owned(), source.trim().to_owned()))
    }

    fn at_line(&self, line: usize) -> String {
        format!("{}:{line}", self.file.display())
    }

    /// Asserts that `daemon` still serves `port`.
    #[track_caller]
    fn assert_serves(&self, daemon: &Process, port: u16) {
        assert!(!daemon.has_ended());
        assert_eq!(self.sandbox.daemon().pid, daemon.pid);
        let (value, _) = self.setting("port").unwrap();
        assert_eq!(value, port.to_string());
    }
}
