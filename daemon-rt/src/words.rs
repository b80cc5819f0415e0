//! The command line of a program without the feature `cli`: one verb, and everything else from the
//! environment (`SERVER_LOG_LEVEL=info server start`).

use std::process::ExitCode;

use crate::control::{Detail, Verb, complain};
use crate::daemon::Daemon;
use crate::settings::Overrides;

/// Every word and what it means.
const WORDS: &[(&str, Verb)] = &[
    ("start", Verb::Start),
    ("stop", Verb::Stop { kill: true }),
    (
        "restart",
        Verb::Restart {
            only_if_running: false,
            kill: true,
        },
    ),
    (
        "try-restart",
        Verb::Restart {
            only_if_running: true,
            kill: true,
        },
    ),
    (
        "condrestart",
        Verb::Restart {
            only_if_running: true,
            kill: true,
        },
    ),
    ("reload", Verb::Reload),
    ("force-reload", Verb::Reload),
    ("check", Verb::Check),
    ("status", Verb::Status(Detail::Text)),
    ("run", Verb::Run),
];

/// The verb of the command line.
pub(crate) fn parse<D: Daemon>() -> Result<(Verb, Overrides), ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (first, more) = (arguments.next().unwrap_or_default(), arguments.next());
    let known = WORDS
        .iter()
        .find(|(word, _)| more.is_none() && *word == first);
    known
        .map(|(_, verb)| (verb.clone(), Overrides::new()))
        .ok_or_else(|| {
            let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
            complain(
                D::SPEC.name,
                format_args!("usage: {} {{{}}}", D::SPEC.name, words.join("|")),
            );
            ExitCode::from(2)
        })
}
