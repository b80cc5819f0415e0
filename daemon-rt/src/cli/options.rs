//! The options of each verb.

use std::fmt::Display;
use std::str::FromStr;

use clap::{Arg, ArgAction, Command};

use crate::daemon::Daemon;
use crate::logger::Level;
#[cfg(feature = "config")]
use crate::settings::SET;
use crate::settings::{KEYS, Key, LISTEN, VerbKind, variable};
use crate::signal::Signal;

pub(super) fn no_arguments() -> Vec<Arg> {
    Vec::new()
}

pub(super) fn report() -> Vec<Arg> {
    let quiet = flag("quiet", "Print nothing; only set the exit code").short('q');
    let json = flag("json", "Print one JSON object").conflicts_with("quiet");
    vec![quiet, json]
}

pub(super) fn signal() -> Vec<Arg> {
    let signal = Arg::new("signal").required(true).value_name("SIGNAL");
    let signal = signal.value_parser(checked::<Signal>());
    vec![signal.help("SIGUSR1, USR1, 10 or SIGRTMIN+3")]
}

pub(super) fn level() -> Vec<Arg> {
    let level = Arg::new("level").value_name("LEVEL");
    let level = level.value_parser(checked::<Level>());
    vec![level.help("trace, debug, info, warn, error, fatal or off")]
}

pub(super) fn lines() -> Vec<Arg> {
    let lines = Arg::new("lines").long("lines").short('n');
    let lines = lines.value_name("N").default_value("10");
    let lines = lines.value_parser(number as Check).help("Number of lines");
    let follow = flag("follow", "Keep printing lines as they are appended").short('f');
    vec![lines, follow]
}

pub(super) fn next() -> Vec<Arg> {
    let next = "Show what a start or a reload would read, with the options of this command";
    let json = flag("json", "Print one JSON object");
    vec![flag("next", next), json]
}

pub(super) fn no_kill() -> Vec<Arg> {
    let help = "Fail after the time-out instead of sending SIGKILL";
    vec![flag("no-kill", help)]
}

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

/// A check of an argument's value, which stays text.
///
/// A typed value would add one more instance of clap's parser to the program per type.
type Check = fn(&str) -> Result<String, String>;

/// Returns the check for a type whose error describes the problem.
fn checked<T: FromStr<Err: Display>>() -> Check {
    |text| match text.parse::<T>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn number(text: &str) -> Result<String, String> {
    match text.parse::<usize>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("not a number of lines, such as 10".to_owned()),
    }
}

/// The notes below the options of a help text.
const TIMES: &str =
    "TIME is a number and a unit: 250ms, 5s, 2m, 1h, 7d; without a unit it is seconds.\n";
const SIZES: &str = "SIZE is in bytes: 4096, 64K, 10M, 1G.\n";
const FILES: &str = "`check` prints the default paths.\n";
const VARIABLES: &str =
    "The name in brackets is the environment variable for the option; the option wins.";

/// Adds the options of the keys that a verb of the kind `verb` takes.
pub(super) fn with_keys<D: Daemon>(command: Command, verb: VerbKind) -> Command {
    let keys = KEYS.iter().filter(|key| key.is_for(verb));
    let keys = keys.filter(|key| key.is_of(&D::SPEC));
    let options = keys.map(|key| {
        let default = (key.shown)(&D::SPEC);
        key_option(key, D::SPEC.name, default)
    });
    let notes: &[&str] = match verb {
        VerbKind::Starting | VerbKind::Running | VerbKind::Installing => {
            &[TIMES, SIZES, FILES, VARIABLES]
        }
        VerbKind::Waiting => &[TIMES, VARIABLES],
        VerbKind::Reading | VerbKind::Identifying => &[VARIABLES],
    };
    #[cfg(feature = "config")]
    let command = command.args(set::<D>(verb));
    command.args(options).after_help(notes.concat())
}

fn key_option(key: &'static Key, name: &str, default: Option<String>) -> Arg {
    let default = default.map_or_else(String::new, |value| format!(" [default: {value}]"));
    let variable = variable(name, key.name);
    let action = match key.name {
        LISTEN => ArgAction::Append,
        _ => ArgAction::Set,
    };
    Arg::new(key.name)
        .long(key.option)
        .action(action)
        .value_name(key.value)
        .help(format!("{}{default} [{variable}]", key.help))
}

/// Returns the option that sets a key of the daemon's own settings, for verbs that read them.
#[cfg(feature = "config")]
fn set<D: Daemon>(verb: VerbKind) -> Option<Arg> {
    let is_for = D::SPEC.config && (verb.starts() || verb == VerbKind::Installing);
    let variable = variable(D::SPEC.name, "_KEY");
    let help =
        format!("Set a key of the settings, `db.url=…`: a value of TOML, or text [{variable}]");
    let set = Arg::new(SET).long(SET).value_name("KEY=VALUE");
    is_for.then(|| set.action(ArgAction::Append).help(help))
}
