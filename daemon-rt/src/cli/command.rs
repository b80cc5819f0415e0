//! The verbs as a `clap` command, for [`crate::main`] and for nesting in a command of your own.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

use super::options::with_keys;
use super::request::request;
use super::words::{self, ROWS, is_lacking, is_of};
use crate::daemon::Daemon;
use crate::settings::Overrides;
use crate::verbs::{self, Verb};

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
    let rows = ROWS.iter().filter(|row| is_of(row, &D::SPEC));
    command.subcommands(rows.map(|row| {
        let verb = Command::new(row.word).defer(options::<D>);
        if is_lacking(row) {
            return verb.hide(true).disable_help_flag(true);
        }
        verb.visible_aliases(row.aliases).about(row.help)
    }))
}

/// Adds the options of a verb. clap calls this only for the verb that was typed.
fn options<D: Daemon>(command: Command) -> Command {
    let Some(row) = words::row(command.get_name()) else {
        return command;
    };
    let arguments = (row.arguments)();
    if is_lacking(row) {
        return command.args(arguments);
    }
    with_keys::<D>(command, row.kind).args(arguments)
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
    if let Some(verb) = words::alone(&D::SPEC) {
        return Ok((verb, Overrides::default()));
    }
    let matches = command::<D>().try_get_matches().map_err(|error| {
        let _ = error.print();
        ExitCode::from(match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
            _ => words::usage_code(),
        })
    })?;
    request::<D>(&matches, command::<D>).map_err(|error| verbs::fail(D::SPEC.name, &error))
}
