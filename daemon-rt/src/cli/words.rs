//! The verbs that are a single word.
//!
//! A program without the feature `cli` takes no others, and reads its options from the environment
//! (`SERVER_LOG_LEVEL=info server start`). With the feature, a single word needs no parser.

#[cfg(not(feature = "cli"))]
use std::process::ExitCode;

#[cfg(not(feature = "cli"))]
use crate::os::console::{complain, print};
#[cfg(not(feature = "cli"))]
use crate::settings::{Overrides, variable};
#[cfg(not(feature = "cli"))]
use crate::spec::Spec;
use crate::verbs::{Detail, Verb};

/// Returns the verb of a word without options.
pub(crate) fn verb(word: &str) -> Option<Verb> {
    Some(match word {
        "start" => Verb::Start,
        "stop" => Verb::Stop { kill: true },
        "restart" | "try-restart" | "condrestart" => Verb::Restart {
            only_if_running: word != "restart",
            kill: true,
        },
        "reload" | "force-reload" => Verb::Reload,
        "status" => Verb::Status(Detail::Text),
        "check" => Verb::Check,
        "run" => Verb::Run,
        _ => return None,
    })
}

/// Returns the verb of this process's command line, if that is a single word.
pub(crate) fn alone() -> Option<Verb> {
    let mut arguments = std::env::args_os().skip(1);
    let verb = verb(arguments.next()?.to_str()?)?;
    arguments.next().is_none().then_some(verb)
}

/// The words of the verbs without the feature `cli`.
#[cfg(not(feature = "cli"))]
const WORDS: &str =
    "start|stop|restart|try-restart|condrestart|reload|force-reload|status|check|run";

/// Parses a command line without the feature `cli`.
///
/// Returns an exit code after `--version` and after an error.
#[cfg(not(feature = "cli"))]
pub(crate) fn parse(spec: &Spec) -> Result<(Verb, Overrides), ExitCode> {
    if let Some(verb) = alone() {
        return Ok((verb, Overrides::default()));
    }
    let name = spec.name;
    let first = std::env::args_os().nth(1).unwrap_or_default();
    let first = first.to_string_lossy();
    if let ("--version" | "-V", Some(version)) = (&*first, spec.version) {
        let printed = print(format_args!("{name} {version}\n"));
        return Err(printed.map_or_else(|error| error.exit_code().into(), |()| ExitCode::SUCCESS));
    }
    if verb(&first).is_some() {
        let variable = variable(name, "log_level");
        complain(
            name,
            format_args!(
                "`{first}` takes no options here, for the program was built without the feature \
                 `cli`; they are variables: {variable}=info"
            ),
        );
    } else {
        let lack = lack(&first);
        complain(name, format_args!("{lack}usage: {name} {{{WORDS}}}"));
    }
    Err(ExitCode::from(2))
}

/// Returns the beginning of a message that names the disabled feature of a word.
#[cfg(not(feature = "cli"))]
fn lack(word: &str) -> &'static str {
    match word {
        "logs" | "log-level" | "signal" => "built without the feature `cli`; ",
        "unit" | "install" | "uninstall" => "built without the feature `units`; ",
        _ => "",
    }
}
