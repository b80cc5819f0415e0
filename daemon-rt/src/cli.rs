//! The verbs as a `clap` command, for [`crate::main`] and for nesting in a command of your own.

use std::process::ExitCode;

use clap::builder::{Arg, ArgAction, Command};
use clap::{ArgMatches, error::ErrorKind};

use crate::control::{Detail, Verb};
use crate::daemon::Daemon;
use crate::launch;
use crate::settings::{KEYS, Key, Overrides, Verbs, option, variable};
use crate::spec::Spec;

/// A verb: its word, other words for it, its help, and what adds its options. clap calls the last
/// only for the verb that was typed.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    fn(Command) -> Command,
);

fn rows<D: Daemon>() -> [Row; 6] {
    [
        (
            "start",
            &[],
            "Start the daemon; return when it is ready",
            start_options::<D>,
        ),
        (
            "stop",
            &[],
            "Stop the daemon; return when it is gone",
            stop_options::<D>,
        ),
        (
            "restart",
            &[],
            "Stop the daemon if it runs, then start it with the options given here",
            restart_options::<D>,
        ),
        (
            "try-restart",
            &["condrestart"],
            "Restart the daemon if it runs",
            restart_options::<D>,
        ),
        (
            "status",
            &[],
            "Say whether the daemon runs: exit code 0 yes, 1 dead, 3 stopped, 4 unknown",
            status_options::<D>,
        ),
        (
            "run",
            &[],
            "Run the daemon in the foreground, logging to stderr",
            start_options::<D>,
        ),
    ]
}

/// The command of the daemon `D`, with a subcommand for each verb.
///
/// To nest the verbs, make it a subcommand: `app.subcommand(cli::command::<D>())`, and hand its
/// matches to [`dispatch`].
#[must_use]
pub fn command<D: Daemon>() -> Command {
    let command = Command::new(D::SPEC.name)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand_value_name("VERB")
        .subcommand_help_heading("Verbs");
    rows::<D>()
        .into_iter()
        .fold(command, |command, (word, aliases, about, options)| {
            let verb = Command::new(word)
                .visible_aliases(aliases)
                .about(about)
                .defer(options);
            command.subcommand(verb)
        })
}

fn start_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Starting))
}

fn restart_options<D: Daemon>(command: Command) -> Command {
    start_options::<D>(command).arg(no_kill())
}

fn stop_options<D: Daemon>(command: Command) -> Command {
    command
        .args(key_options(&D::SPEC, Verbs::StartingOrStopping))
        .arg(no_kill())
}

fn status_options<D: Daemon>(command: Command) -> Command {
    let help = "Say nothing; the exit code tells";
    let quiet = Arg::new("quiet")
        .long("quiet")
        .short('q')
        .action(ArgAction::SetTrue)
        .help(help);
    command.args(key_options(&D::SPEC, Verbs::All)).arg(quiet)
}

fn no_kill() -> Arg {
    let help = "Fail instead of sending SIGKILL when the time is over";
    Arg::new("no_kill")
        .long("no-kill")
        .action(ArgAction::SetTrue)
        .help(help)
}

/// The options of the keys that a verb of the kind `verbs` takes.
fn key_options(spec: &Spec, verbs: Verbs) -> Vec<Arg> {
    KEYS.iter()
        .filter(|key| takes(verbs, key.verbs))
        .map(|key| key_option(key, spec.name))
        .collect()
}

/// Whether a verb of the kind `verb` takes a key for the verbs `key`.
fn takes(verb: Verbs, key: Verbs) -> bool {
    match key {
        Verbs::All => true,
        Verbs::StartingOrStopping => verb != Verbs::All,
        Verbs::Starting => verb == Verbs::Starting,
    }
}

fn key_option(key: &'static Key, name: &str) -> Arg {
    Arg::new(key.name)
        .long(option(key.name))
        .value_name(key.value)
        .help(format!("{} [{}]", key.help, variable(name, key.name)))
}

/// Does what `matches` of [`command`] say. In the daemon process it does not return.
#[must_use]
pub fn dispatch<D: Daemon>(matches: &ArgMatches) -> ExitCode {
    match request(matches) {
        Some((verb, overrides)) => launch::finish::<D>(verb, &overrides),
        None => ExitCode::from(2),
    }
}

/// Reads the command line of a program that has no other verbs. An exit code: help was asked for,
/// or the line was wrong, and clap has said so.
pub(crate) fn parse<D: Daemon>() -> Result<(Verb, Overrides), ExitCode> {
    let matches = command::<D>().try_get_matches().map_err(|error| {
        let _ = error.print();
        ExitCode::from(match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            _ => 2,
        })
    })?;
    request(&matches).ok_or(ExitCode::from(2))
}

/// The verb and the overrides that `matches` say.
fn request(matches: &ArgMatches) -> Option<(Verb, Overrides)> {
    let (word, matches) = matches.subcommand()?;
    let flag = |name| {
        matches
            .try_get_one::<bool>(name)
            .ok()
            .flatten()
            .copied()
            .unwrap_or_default()
    };
    let kill = !flag("no_kill");
    let verb = match word {
        "start" => Verb::Start,
        "stop" => Verb::Stop { kill },
        "restart" => Verb::Restart {
            only_if_running: false,
            kill,
        },
        "try-restart" => Verb::Restart {
            only_if_running: true,
            kill,
        },
        "status" if flag("quiet") => Verb::Status(Detail::Quiet),
        "status" => Verb::Status(Detail::Text),
        "run" => Verb::Run,
        _ => return None,
    };
    let given = |key: &Key| {
        matches
            .try_get_one::<String>(key.name)
            .ok()
            .flatten()
            .cloned()
    };
    let overrides = KEYS
        .iter()
        .filter_map(|key| Some((key.name, given(key)?)))
        .collect();
    Some((verb, overrides))
}
