//! Conversion of clap's matches to a verb.

use clap::{ArgMatches, Command};

use super::read::{overrides, read, value};

use crate::cli::words;
use crate::daemon::Daemon;
use crate::error::Error;
use crate::settings::Overrides;
use crate::verbs::{Detail, Verb};

const NO_VERB: &str = "the verb is missing; see `--help`";

/// Returns the verb and the overrides of `matches`.
pub(super) fn request<D: Daemon>(
    matches: &ArgMatches,
    command: fn() -> Command,
) -> Result<(Verb, Overrides), Error> {
    let Some((word, matches)) = matches.subcommand() else {
        return Err(Error::usage(NO_VERB));
    };
    if words::row(word).is_some_and(|row| row.feature == "units") {
        return super::units::request(word, matches, (D::SPEC.name, command));
    }
    plain(word, matches).ok_or_else(|| Error::usage(NO_VERB))
}

/// Returns the verb and the overrides of `matches`, except for the verbs of the feature `units`.
fn plain(word: &str, matches: &ArgMatches) -> Option<(Verb, Overrides)> {
    let flag = |name| value(matches, name).unwrap_or(false);
    let kill = !flag("no-kill");
    let verb = match word {
        "signal" => Verb::Signal(read(matches, "signal")?),
        "log-level" => Verb::LogLevel(read(matches, "level")),
        "logs" => Verb::Logs {
            lines: read(matches, "lines")?,
            follow: flag("follow"),
        },
        #[cfg(feature = "config")]
        "config" => Verb::Config {
            next: flag("next"),
            json: flag("json"),
        },
        _ => match words::verb(word)? {
            Verb::Stop { .. } => Verb::Stop { kill },
            Verb::Restart {
                only_if_running, ..
            } => Verb::Restart {
                only_if_running,
                kill,
            },
            Verb::Status(_) if flag("quiet") => Verb::Status(Detail::Quiet),
            Verb::Status(_) if flag("json") => Verb::Status(Detail::Json),
            verb => verb,
        },
    };
    Some((verb, overrides(matches)))
}

#[cfg(test)]
mod tests {
    use super::request;
    use crate::cli::command::command;
    use crate::cli::words;
    use crate::context::Context;
    use crate::daemon::{Daemon, Event, Hooks, Turns};
    use crate::outcome::Failure;
    use crate::outcome::Outcome;
    use crate::resources::Resources;
    use crate::spec::Spec;

    struct Server;

    impl Daemon for Server {
        const SPEC: Spec = Spec::new("server");
        type Life = Turns;
    }

    impl Hooks for Server {
        fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
            Ok(Self)
        }

        fn dispatch(&mut self, _: Event<'_>, _: &mut Context) -> Outcome {
            Outcome::Unhandled
        }
    }

    #[test]
    fn verb_without_options_is_parsed_as_by_clap() -> Result<(), Box<dyn std::error::Error>> {
        let mut seen = 0;
        let rows = words::ROWS.iter();
        for row in rows.filter(|row| words::is_of(row, &Server::SPEC)) {
            for word in row.aliases.iter().chain([&row.word]) {
                let Some(verb) = words::verb(word) else {
                    continue;
                };
                let matches = command::<Server>().try_get_matches_from(["server", word])?;
                let (parsed, overrides) = request::<Server>(&matches, command::<Server>)?;
                assert_eq!(format!("{parsed:?}"), format!("{verb:?}"), "{word}");
                assert_eq!(parsed.kind(), row.kind, "{word}");
                assert_eq!(format!("{overrides:?}"), "Overrides([])", "{word}");
                seen += 1;
            }
        }
        assert_eq!(seen, 11);
        Ok(())
    }
}
