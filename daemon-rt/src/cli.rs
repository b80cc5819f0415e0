//! The verbs as a `clap` command, for [`crate::main`] and for nesting in a command of your own.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::control::{Deed, Detail, Request, Verb};
use crate::daemon::Daemon;
use crate::error::Error;
use crate::launch;
use crate::logger::Level;
use crate::settings::{KEYS, Key, Overrides, Verbs, duration, option, variable};
use crate::signal::Signal;
use crate::spec::Spec;
use crate::unit::{self, Choice, Kind};

/// A verb: its word, other words for it, its help, and what adds its options. clap calls the last
/// only for the verb that was typed.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static str,
    fn(Command) -> Command,
);

#[rustfmt::skip]
fn rows<D: Daemon>() -> [Row; 14] {
    [
        ("start", &[], "Start the daemon; return when it is ready", start_options::<D>),
        ("stop", &[], "Stop the daemon; return when it is gone", stop_options::<D>),
        ("restart", &[], "Stop it if it runs, then start it with the options given here", restart_options::<D>),
        ("try-restart", &["condrestart"], "Restart the daemon if it runs", restart_options::<D>),
        ("reload", &["force-reload"], "Make the daemon take in its new state", reload_options::<D>),
        ("status", &[], "Say whether it runs: exit code 0 yes, 1 dead, 3 stopped, 4 unknown", status_options::<D>),
        ("signal", &[], "Send a signal that the daemon handles", signal_options::<D>),
        ("log-level", &[], "Set the level of the running daemon, or say it", level_options::<D>),
        ("logs", &[], "Show the end of the log", logs_options::<D>),
        ("unit", &[], "Print the files of an init system, or check one", unit_options::<D>),
        ("install", &[], "Write the files of an init system", install_options::<D>),
        ("uninstall", &[], "Remove the files of an init system", install_options::<D>),
        ("check", &[], "Say whether a start would work", start_options::<D>),
        ("run", &[], "Run the daemon in the foreground, logging to stderr; as PID 1, below an init and to stdout", run_options::<D>),
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
            command.subcommand(
                Command::new(word)
                    .visible_aliases(aliases)
                    .about(about)
                    .defer(options),
            )
        })
}

fn start_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Starting))
}

fn run_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Running))
}

fn restart_options<D: Daemon>(command: Command) -> Command {
    start_options::<D>(command).arg(no_kill())
}

fn stop_options<D: Daemon>(command: Command) -> Command {
    reload_options::<D>(command).arg(no_kill())
}

fn reload_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Waiting))
}

fn status_options<D: Daemon>(command: Command) -> Command {
    let quiet = flag("quiet", "Say nothing; the exit code tells").short('q');
    let json = flag("json", "Say it as one JSON object").conflicts_with("quiet");
    command
        .args(key_options(&D::SPEC, Verbs::All))
        .args([quiet, json])
}

fn signal_options<D: Daemon>(command: Command) -> Command {
    let signal = Arg::new("signal").required(true).value_name("SIGNAL");
    let signal = signal
        .value_parser(parsed::<Signal>)
        .help("SIGUSR1, USR1, 10 or SIGRTMIN+3");
    command.args(key_options(&D::SPEC, Verbs::All)).arg(signal)
}

fn level_options<D: Daemon>(command: Command) -> Command {
    let level = Arg::new("level")
        .value_name("LEVEL")
        .value_parser(parsed::<Level>);
    let level = level.help("trace, debug, info, warn, error, fatal or off");
    command
        .args(key_options(&D::SPEC, Verbs::Waiting))
        .arg(level)
}

fn logs_options<D: Daemon>(command: Command) -> Command {
    let lines = Arg::new("lines")
        .long("lines")
        .short('n')
        .value_name("N")
        .default_value("10");
    let lines = lines.value_parser(parsed::<usize>).help("How many lines");
    let follow = flag("follow", "Go on with what is appended").short('f');
    command
        .args(key_options(&D::SPEC, Verbs::Reading))
        .args([lines, follow])
}

/// The file is made with the options of a start: it will say them.
fn kind_options<D: Daemon>(command: Command) -> Command {
    let kinds = Kind::ALL.iter().map(|(name, _)| *name);
    let kind = Arg::new("kind")
        .value_name("KIND")
        .value_parser(PossibleValuesParser::new(kinds));
    let watchdog = Arg::new("watchdog")
        .long("watchdog")
        .value_name("TIME")
        .value_parser(duration);
    let user_units = Arg::new("user_units")
        .long("user-units")
        .value_name("FOLDER");
    start_options::<D>(command).args([
        kind.help("Whose files"),
        flag(
            "forking",
            "systemd: Type=forking, which calls start and stop",
        ),
        flag("notify_reload", "systemd: Type=notify-reload, from 253 on"),
        watchdog.help("systemd: end a daemon whose loop does not turn for so long"),
        user_units.help("systemd: for the manager of a user, whose units are in this folder"),
    ])
}

fn unit_options<D: Daemon>(command: Command) -> Command {
    let check = Arg::new("file")
        .long("check")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf));
    let check = check.help("Say in what the file differs from what would be printed");
    let command = kind_options::<D>(command);
    command
        .mut_arg("kind", |kind| kind.required_unless_present("file"))
        .arg(check)
}

fn install_options<D: Daemon>(command: Command) -> Command {
    let root = Arg::new("root")
        .long("root")
        .value_name("DIR")
        .default_value("/");
    let command = kind_options::<D>(command).mut_arg("kind", |kind| kind.required(true));
    command.args([
        root.value_parser(value_parser!(PathBuf))
            .help("The root of the system"),
        flag("enable", "Have the service started at boot"),
        flag(
            "force",
            "Also replace or remove files that this daemon did not make",
        ),
    ])
}

fn no_kill() -> Arg {
    flag(
        "no_kill",
        "Fail instead of sending SIGKILL when the time is over",
    )
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(option(name))
        .action(ArgAction::SetTrue)
        .help(help)
}

/// An argument's value, with the type's own words for what is wrong.
fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// The options of the keys that a verb of the kind `verbs` takes.
fn key_options(spec: &Spec, verbs: Verbs) -> Vec<Arg> {
    let keys = KEYS.iter().filter(|key| key.verbs.contains(&verbs));
    keys.map(|key| key_option(key, spec.name)).collect()
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
    match request::<D>(matches) {
        Ok((verb, overrides)) => launch::finish::<D>(verb, &overrides),
        Err(error) => launch::fail::<D>(&error),
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
    request::<D>(&matches).map_err(|error| launch::fail::<D>(&error))
}

/// The verb and the overrides that `matches` say.
fn request<D: Daemon>(matches: &ArgMatches) -> Result<(Verb, Overrides), Error> {
    if let Some(("unit", matches)) = matches.subcommand()
        && let Some(file) = value::<PathBuf>(matches, "file")
    {
        return check_request::<D>(file, matches);
    }
    plain_request(matches).ok_or_else(|| Error::Usage("no verb".to_owned()))
}

/// What to hold a file against: what its own first line says that it was made by, or else what
/// this command line says.
fn check_request<D: Daemon>(
    file: PathBuf,
    matches: &ArgMatches,
) -> Result<(Verb, Overrides), Error> {
    let text = std::fs::read_to_string(&file).map_err(|e| Error::at("read", &file, e))?;
    let made_by = unit::made_by(&text, D::SPEC.name);
    let made = made_by.map(|words| {
        command::<D>()
            .no_binary_name(true)
            .try_get_matches_from(words)
    });
    let made = made
        .transpose()
        .map_err(|e| Error::Usage(format!("{}: {e}", file.display())))?;
    let verbs = made
        .as_ref()
        .and_then(ArgMatches::subcommand)
        .map(|(_, matches)| matches);
    let matches = if matches.contains_id("kind") {
        Some(matches)
    } else {
        verbs
    };
    let request =
        matches.and_then(|matches| Some((unit_request("unit", matches)?, overrides(matches))));
    let (mut request, overrides) = request.ok_or_else(|| {
        Error::Usage(format!(
            "{} was not made by {}: say its KIND",
            file.display(),
            D::SPEC.name
        ))
    })?;
    request.deed = Deed::Check(file);
    Ok((Verb::Unit(request), overrides))
}

/// The verb and the overrides of a line that needs no file.
fn plain_request(matches: &ArgMatches) -> Option<(Verb, Overrides)> {
    let (word, matches) = matches.subcommand()?;
    let flag = |name| value(matches, name).unwrap_or(false);
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
        "reload" => Verb::Reload,
        "signal" => Verb::Signal(value(matches, "signal")?),
        "log-level" => Verb::LogLevel(value(matches, "level")),
        "logs" => Verb::Logs {
            lines: value(matches, "lines")?,
            follow: flag("follow"),
        },
        "unit" | "install" | "uninstall" => Verb::Unit(unit_request(word, matches)?),
        "check" => Verb::Check,
        "status" if flag("quiet") => Verb::Status(Detail::Quiet),
        "status" if flag("json") => Verb::Status(Detail::Json),
        "status" => Verb::Status(Detail::Text),
        "run" => Verb::Run,
        _ => return None,
    };
    Some((verb, overrides(matches)))
}

/// The keys that are given.
fn overrides(matches: &ArgMatches) -> Overrides {
    let given = KEYS
        .iter()
        .filter_map(|key| Some((key.name, value(matches, key.name)?)));
    given.collect()
}

/// What `unit`, `install` or `uninstall` is asked for.
fn unit_request(word: &str, matches: &ArgMatches) -> Option<Request> {
    let flag = |name| value(matches, name).unwrap_or(false);
    let root = || value::<PathBuf>(matches, "root");
    let deed = match word {
        "install" => Deed::Install {
            root: root()?,
            enable: flag("enable"),
            force: flag("force"),
        },
        "uninstall" => Deed::Uninstall {
            root: root()?,
            force: flag("force"),
        },
        _ => Deed::Print,
    };
    let choice = Choice {
        forking: flag("forking"),
        notify_reload: flag("notify_reload"),
        watchdog: value(matches, "watchdog"),
        user_manager: value(matches, "user_units"),
    };
    let kind = Kind::from_name(&value::<String>(matches, "kind")?)?;
    Some(Request { kind, choice, deed })
}

/// The value of an argument that this verb may or may not have.
fn value<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}
