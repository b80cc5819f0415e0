//! The verbs as a `clap` command, for [`crate::main`] and for nesting in a command of your own.

use std::process::ExitCode;

#[cfg(not(feature = "units"))]
use clap::Arg;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

use super::options::{
    level_options, logs_options, reload_options, restart_options, run_options, signal_options,
    start_options, status_options, stop_options,
};
use super::request::request;
#[cfg(feature = "units")]
use super::units::{install_options, unit_options};
use super::words;
use crate::daemon::Daemon;
use crate::settings::Overrides;
use crate::verbs::{self, Verb};

/// A verb: its word, its aliases, its help, and the function that adds its options.
///
/// clap calls the function only for the verb that was typed.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    fn(Command) -> Command,
);

/// Returns the table of the verbs.
#[rustfmt::skip]
pub(super) fn rows<D: Daemon>() -> Vec<Row> {
    vec![
        ("start", &[], "Start the daemon; return when it is ready", start_options::<D>),
        ("stop", &[], "Stop the daemon; return when it is gone", stop_options::<D>),
        ("restart", &[], "Stop the daemon if it runs, then start it with the options of this command", restart_options::<D>),
        ("try-restart", &["condrestart"], "Restart the daemon if it runs", restart_options::<D>),
        ("reload", &["force-reload"], "Make the daemon reload its state", reload_options::<D>),
        ("status", &[], "Report the state of the daemon: exit code 0 running, 1 dead, 3 stopped, 4 unknown", status_options::<D>),
        ("signal", &[], "Send a signal that the daemon handles", signal_options::<D>),
        ("log-level", &[], "Set or print the log level of the running daemon", level_options::<D>),
        ("logs", &[], "Show the end of the log", logs_options::<D>),
        #[cfg(feature = "units")]
        ("unit", &[], "Print the files of an init system, or check one", unit_options::<D>),
        #[cfg(feature = "units")]
        ("install", &[], "Write the files of an init system", install_options::<D>),
        #[cfg(feature = "units")]
        ("uninstall", &[], "Remove the files of an init system", install_options::<D>),
        ("check", &[], "Check whether a start would succeed", start_options::<D>),
        ("run", &[], "Run the daemon in the foreground, with its log on stderr; as PID 1 below an init, on stdout", run_options::<D>),
    ]
}

/// Returns the command of the daemon `D`, with a subcommand for each verb.
///
/// To nest the verbs, make it a subcommand: `app.subcommand(cli::command::<D>())`. Then pass its
/// matches to [`dispatch`].
#[must_use]
pub fn command<D: Daemon>() -> Command {
    let command = Command::new(D::SPEC.name)
        .version(D::SPEC.version)
        .about(D::SPEC.about)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand_value_name("VERB")
        .subcommand_help_heading("Verbs");
    #[cfg(not(feature = "units"))]
    let command = command.subcommands(["unit", "install", "uninstall"].map(lacking));
    rows::<D>()
        .into_iter()
        .fold(command, |command, (word, aliases, about, options)| {
            command.subcommand(
                Command::new(word)
                    .visible_aliases(aliases)
                    .about(about)
                    .defer(options),
            )
        })
}

/// Returns a hidden verb whose feature is disabled. It accepts any arguments, to report the
/// feature.
#[cfg(not(feature = "units"))]
fn lacking(word: &'static str) -> Command {
    let rest = Arg::new("rest")
        .num_args(0..)
        .allow_hyphen_values(true)
        .trailing_var_arg(true);
    Command::new(word)
        .hide(true)
        .disable_help_flag(true)
        .arg(rest)
}

/// Performs the verb of `matches`, which are those of [`command`].
///
/// Does not return in the daemon process.
#[must_use]
pub fn dispatch<D: Daemon>(matches: &ArgMatches) -> ExitCode {
    match request::<D>(matches, command::<D>) {
        Ok((verb, overrides)) => verbs::finish::<D>(verb, &overrides),
        Err(error) => verbs::fail(D::SPEC.name, &error),
    }
}

/// Parses the command line of a program that has no other verbs.
///
/// Returns an exit code after help or an error, which clap has printed. Not inlined, because its
/// 8 kB of locals would stay on the daemon's stack.
#[inline(never)]
pub(crate) fn parse<D: Daemon>() -> Result<(Verb, Overrides), ExitCode> {
    // Building the parser takes longer than most verbs, and a daemon would keep the memory.
    if let Some(verb) = words::alone() {
        return Ok((verb, Overrides::default()));
    }
    let matches = command::<D>().try_get_matches().map_err(|error| {
        let _ = error.print();
        ExitCode::from(match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            _ => 2,
        })
    })?;
    request::<D>(&matches, command::<D>).map_err(|error| verbs::fail(D::SPEC.name, &error))
}
