//! The command line of a program without the feature `cli`: one verb, and everything else from the
//! environment (`SERVER_LOG_LEVEL=info server start`).

use std::process::ExitCode;

use crate::control::{Detail, Verb, complain};
use crate::settings::{Overrides, variable};

/// The words that mean a verb here.
const WORDS: &str =
    "start|stop|restart|try-restart|condrestart|reload|force-reload|status|check|run";

/// What the word means.
fn verb(word: &str) -> Option<Verb> {
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

/// The verb of the command line of the daemon `name`.
pub(crate) fn parse(name: &str) -> Result<(Verb, Overrides), ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_default();
    let has_more = arguments.next().is_some();
    match verb(&first) {
        Some(verb) if !has_more => return Ok((verb, Overrides::default())),
        Some(_) => complain(
            name,
            format_args!(
                "`{first}` takes no options here, for the program was built without the feature \
                 `cli`; they are variables: {}=info",
                variable(name, "log_level")
            ),
        ),
        None => complain(
            name,
            format_args!("{}usage: {name} {{{WORDS}}}", lack(&first)),
        ),
    }
    Err(ExitCode::from(2))
}

/// The feature that a word lacks to be a verb, as the beginning of a message.
fn lack(word: &str) -> &'static str {
    match word {
        "logs" | "log-level" | "signal" => "built without the feature `cli`; ",
        "unit" | "install" | "uninstall" => "built without the feature `units`; ",
        _ => "",
    }
}
