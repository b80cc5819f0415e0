//! The table of the verbs.
//!
//! A program without the feature `cli` takes the verbs of a single word, and reads its options from
//! the environment (`SERVER_LOG_LEVEL=info server start`). With the feature, a single word needs no
//! parser.

#[cfg(not(feature = "cli"))]
use std::process::ExitCode;

#[cfg(feature = "cli")]
use super::options::{level, lines, next, no_arguments, no_kill, report, signal};
#[cfg(feature = "cli")]
use super::units::{install, unit};
#[cfg(not(feature = "cli"))]
use crate::os::console::{complain, print};
#[cfg(feature = "cli")]
use crate::settings::VerbKind;
#[cfg(not(feature = "cli"))]
use crate::settings::{Overrides, variable};
use crate::spec::Spec;
use crate::verbs::{self, Detail, Verb};

/// A row of the table.
pub(super) struct Row {
    pub(super) word: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// The feature without which the program lacks the verb.
    pub(super) feature: &'static str,
    /// The verb of the word without options, unless it needs a parser.
    verb: Option<Verb>,
    /// The kind of the verb, which selects the keys that it takes.
    #[cfg(feature = "cli")]
    pub(super) kind: VerbKind,
    /// Returns the arguments besides the keys.
    #[cfg(feature = "cli")]
    pub(super) arguments: fn() -> Vec<clap::Arg>,
    #[cfg(feature = "cli")]
    pub(super) help: &'static str,
}

/// Writes the rows. A program with a disabled feature keeps the words, to name the feature.
macro_rules! rows {
    ($($word:literal $aliases:expr, $feature:literal, $verb:expr, $kind:ident, $arguments:ident, $help:literal;)*) => {
        [$(Row {
            word: $word,
            aliases: &$aliases,
            feature: $feature,
            verb: $verb,
            #[cfg(feature = "cli")]
            kind: VerbKind::$kind,
            #[cfg(feature = "cli")]
            arguments: $arguments,
            #[cfg(feature = "cli")]
            help: $help,
        }),*]
    };
}

/// All verbs, in the order of the help.
pub(super) static ROWS: &[Row] = &rows! {
    "start" [], "", Some(Verb::Start), Starting, no_arguments,
        "Start the daemon; return when it is ready";
    "stop" [], "", Some(Verb::Stop { kill: true }), Waiting, no_kill,
        "Stop the daemon; return when it is gone";
    "restart" [], "", Some(restart(false)), Starting, no_kill,
        "Stop the daemon if it runs, then start it with the options of this command";
    "try-restart" ["condrestart"], "", Some(restart(true)), Starting, no_kill,
        "Restart the daemon if it runs";
    "reload" ["force-reload"], "", Some(Verb::Reload), Waiting, no_arguments,
        "Make the daemon reload its state";
    "upgrade" [], "", Some(Verb::Upgrade), Waiting, no_arguments,
        "Let the new program at the path of the old one take over the process of the daemon";
    "status" [], "", Some(Verb::Status(Detail::Text)), Identifying, report,
        "Report the state of the daemon: exit code 0 running, 1 dead, 3 stopped, 4 unknown";
    "signal" [], "cli", None, Identifying, signal, "Send a signal that the daemon handles";
    "log-level" [], "cli", None, Waiting, level, "Set or print the log level of the running daemon";
    "logs" [], "cli", None, Reading, lines, "Show the end of the log";
    "unit" [], "units", None, Installing, unit, "Print the files of an init system, or check one";
    "install" [], "units", None, Installing, install, "Write the files of an init system";
    "uninstall" [], "units", None, Installing, install, "Remove the files of an init system";
    "config" [], "config", CONFIG, Starting, next,
        "Show the settings: each key, its value, and where it came from";
    "check" [], "", Some(Verb::Check), Starting, no_arguments,
        "Check whether a start would succeed";
    "run" [], "", Some(Verb::Run), Running, no_arguments,
        "Run the daemon in the foreground, with its log on stderr; as PID 1 below an init, on stdout";
};

const fn restart(only_if_running: bool) -> Verb {
    Verb::Restart {
        only_if_running,
        kill: true,
    }
}

#[cfg(feature = "config")]
const CONFIG: Option<Verb> = Some(Verb::Config {
    next: false,
    json: false,
});
#[cfg(not(feature = "config"))]
const CONFIG: Option<Verb> = None;

/// Returns whether this program was built without the feature of the verb.
#[cfg(feature = "cli")]
pub(super) fn is_lacking(row: &Row) -> bool {
    row.feature == "units" && !cfg!(feature = "units")
}

/// Returns whether the daemon has the verb. Only one with settings has `config`.
pub(super) fn is_of(row: &Row, spec: &Spec) -> bool {
    row.word != "config" || spec.config
}

/// Returns the row of a word.
pub(super) fn row(word: &str) -> Option<&'static Row> {
    let mut rows = ROWS.iter();
    rows.find(|row| row.word == word || row.aliases.contains(&word))
}

/// Returns the verb of a word without options.
#[cfg(feature = "cli")]
pub(crate) fn verb(word: &str) -> Option<Verb> {
    row(word)?.verb.clone()
}

/// Returns the verb of this process's command line, if that is a single word.
pub(crate) fn alone(spec: &Spec) -> Option<Verb> {
    let mut arguments = std::env::args_os().skip(1);
    let row = row(arguments.next()?.to_str()?).filter(|row| is_of(row, spec))?;
    arguments.next().is_none().then(|| row.verb.clone())?
}

/// Returns the exit code of a wrong command line. That of `status` is "unknown", because 2 would be
/// a state.
pub(super) fn usage_code() -> u8 {
    let is_status = std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "status");
    if is_status { verbs::UNKNOWN } else { 2 }
}

/// Parses a command line without the feature `cli`.
///
/// Returns an exit code after `--version` and after an error.
#[cfg(not(feature = "cli"))]
pub(crate) fn parse(spec: &Spec) -> Result<(Verb, Overrides), ExitCode> {
    if let Some(verb) = alone(spec) {
        return Ok((verb, Overrides::default()));
    }
    let name = spec.name;
    let first = std::env::args_os().nth(1).unwrap_or_default();
    let first = first.to_string_lossy();
    if let ("--version" | "-V", Some(version)) = (&*first, spec.version) {
        let printed = print(format_args!("{name} {version}\n"));
        return Err(printed.map_or_else(|error| error.exit_code().into(), |()| ExitCode::SUCCESS));
    }
    match row(&first).filter(|row| is_of(row, spec)) {
        Some(Row { verb: Some(_), .. }) => complain(
            name,
            format_args!(
                "`{first}` takes no options here, for the program was built without the feature \
                 `cli`; set variables in their place: {}=info",
                variable(name, "log_level")
            ),
        ),
        Some(Row { feature, .. }) => complain(
            name,
            format_args!("built without the feature `{feature}`; {}", usage(spec)),
        ),
        None => complain(name, usage(spec)),
    }
    Err(ExitCode::from(usage_code()))
}

/// Returns the verbs of a single word, with their aliases.
#[cfg(not(feature = "cli"))]
fn usage(spec: &Spec) -> String {
    let name = spec.name;
    let rows = ROWS
        .iter()
        .filter(|row| row.verb.is_some() && is_of(row, spec));
    let words = rows.flat_map(|row| [row.word].into_iter().chain(row.aliases.iter().copied()));
    let words: Vec<_> = words.collect();
    format!("usage: {name} {{{}}}", words.join("|"))
}
