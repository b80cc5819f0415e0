//! The options of each verb.

use std::fmt::Display;
use std::str::FromStr;

use clap::{Arg, ArgAction, Command};

use crate::daemon::Daemon;
use crate::logger::Level;
use crate::settings::{KEYS, Key, Verbs, option, variable};
use crate::signal::Signal;
use crate::spec::Spec;

pub(super) fn start_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Starting))
}

pub(super) fn run_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Running))
}

pub(super) fn restart_options<D: Daemon>(command: Command) -> Command {
    start_options::<D>(command).arg(no_kill())
}

pub(super) fn stop_options<D: Daemon>(command: Command) -> Command {
    reload_options::<D>(command).arg(no_kill())
}

pub(super) fn reload_options<D: Daemon>(command: Command) -> Command {
    command.args(key_options(&D::SPEC, Verbs::Waiting))
}

pub(super) fn status_options<D: Daemon>(command: Command) -> Command {
    let quiet = flag("quiet", "Say nothing; the exit code tells").short('q');
    let json = flag("json", "Say it as one JSON object").conflicts_with("quiet");
    command
        .args(key_options(&D::SPEC, Verbs::All))
        .args([quiet, json])
}

pub(super) fn signal_options<D: Daemon>(command: Command) -> Command {
    let signal = Arg::new("signal").required(true).value_name("SIGNAL");
    let signal = signal
        .value_parser(parsed::<Signal>)
        .help("SIGUSR1, USR1, 10 or SIGRTMIN+3");
    command.args(key_options(&D::SPEC, Verbs::All)).arg(signal)
}

pub(super) fn level_options<D: Daemon>(command: Command) -> Command {
    let level = Arg::new("level")
        .value_name("LEVEL")
        .value_parser(parsed::<Level>);
    let level = level.help("trace, debug, info, warn, error, fatal or off");
    command
        .args(key_options(&D::SPEC, Verbs::Waiting))
        .arg(level)
}

pub(super) fn logs_options<D: Daemon>(command: Command) -> Command {
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

fn no_kill() -> Arg {
    flag(
        "no_kill",
        "Fail instead of sending SIGKILL when the time is over",
    )
}

pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
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
