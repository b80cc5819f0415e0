//! `unit`, `install` and `uninstall`: their options, and what they ask for.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};

use super::options::{flag, start_options};
use super::read::{overrides, value};
use crate::daemon::Daemon;
use crate::error::Error;
use crate::settings::{Overrides, duration};
use crate::unit::{self, Choice, Kind};
use crate::verbs::{Deed, Request, Verb};

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
        flag("notify-reload", "systemd: Type=notify-reload, from 253 on"),
        watchdog.help("systemd: end a daemon whose loop does not turn for so long"),
        user_units.help("systemd: for the manager of a user, whose units are in this folder"),
    ])
}

pub(super) fn unit_options<D: Daemon>(command: Command) -> Command {
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

pub(super) fn install_options<D: Daemon>(command: Command) -> Command {
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

/// The daemon's name, and its command.
type Own = (&'static str, fn() -> Command);

/// What `matches` of the verb `word` ask for.
pub(super) fn request(
    word: &str,
    matches: &ArgMatches,
    own: Own,
) -> Result<(Verb, Overrides), Error> {
    if let Some(file) = value::<PathBuf>(matches, "file") {
        return check_request(file, matches, own);
    }
    let request = unit_request(word, matches, own).ok_or_else(|| Error::usage("no KIND"))?;
    Ok((Verb::Unit(request), overrides(matches)))
}

/// What to hold a file against: what its own first line says that it was made by, or else what
/// this command line says.
fn check_request(
    file: PathBuf,
    matches: &ArgMatches,
    own: Own,
) -> Result<(Verb, Overrides), Error> {
    let text = std::fs::read_to_string(&file).map_err(|e| Error::at("read", &file, e))?;
    let made_by = unit::made_by(&text, own.0);
    let made = made_by.map(|words| own.1().no_binary_name(true).try_get_matches_from(words));
    let made = made
        .transpose()
        .map_err(|e| Error::usage(format!("{}: {e}", file.display())))?;
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
        matches.and_then(|matches| Some((unit_request("unit", matches, own)?, overrides(matches))));
    let (mut request, overrides) = request.ok_or_else(|| {
        Error::usage(format!(
            "{} was not made by {}: say its KIND",
            file.display(),
            own.0
        ))
    })?;
    request.deed = Deed::Check(file);
    Ok((Verb::Unit(request), overrides))
}

/// What `unit`, `install` or `uninstall` is asked for.
fn unit_request(word: &str, matches: &ArgMatches, own: Own) -> Option<Request> {
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
        notify_reload: flag("notify-reload"),
        watchdog: value(matches, "watchdog"),
        user_manager: value(matches, "user_units"),
    };
    let kind = Kind::from_name(&value::<String>(matches, "kind")?)?;
    Some(Request {
        kind,
        choice,
        deed,
        before: words_before(own),
        command: own.1,
    })
}

/// The words between the program and the verb, of a command in which the daemon's is nested: what
/// stands before the part that is a command line of the daemon's own.
fn words_before((_, command): Own) -> Vec<String> {
    let words: Option<Vec<String>> = std::env::args_os()
        .skip(1)
        .map(|word| word.into_string().ok())
        .collect();
    let words = words.unwrap_or_default();
    let is_own = |from: &usize| {
        let command = command().no_binary_name(true);
        command.try_get_matches_from(&words[*from..]).is_ok()
    };
    let verb = (0..words.len()).find(is_own).unwrap_or_default();
    words[..verb].to_vec()
}
