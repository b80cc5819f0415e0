//! From clap's matches to a verb.

use std::str::FromStr;

use clap::ArgMatches;

use crate::cli::words;
use crate::daemon::Daemon;
use crate::error::Error;
use crate::settings::{KEYS, Overrides};
use crate::verbs::{Detail, Verb};

/// The verb and the overrides that `matches` say.
#[cfg_attr(
    not(feature = "units"),
    allow(
        clippy::extra_unused_type_parameters,
        reason = "units are made from the declaration"
    )
)]
pub(super) fn request<D: Daemon>(matches: &ArgMatches) -> Result<(Verb, Overrides), Error> {
    match matches.subcommand() {
        #[cfg(feature = "units")]
        Some((word @ ("unit" | "install" | "uninstall"), matches)) => {
            super::units::request::<D>(word, matches)
        }
        #[cfg(not(feature = "units"))]
        Some((word @ ("unit" | "install" | "uninstall"), _)) => Err(Error::Usage(format!(
            "`{word}`: built without the feature `units`"
        ))),
        _ => plain(matches).ok_or_else(|| Error::Usage("no verb".to_owned())),
    }
}

/// The verb and the overrides that `matches` say, but for the verbs of the feature `units`.
fn plain(matches: &ArgMatches) -> Option<(Verb, Overrides)> {
    let (word, matches) = matches.subcommand()?;
    let flag = |name| value(matches, name).unwrap_or(false);
    let kill = !flag("no-kill");
    let verb = match word {
        "signal" => Verb::Signal(read(matches, "signal")?),
        "log-level" => Verb::LogLevel(read(matches, "level")),
        "logs" => Verb::Logs {
            lines: read(matches, "lines")?,
            follow: flag("follow"),
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

/// The keys that are given.
pub(super) fn overrides(matches: &ArgMatches) -> Overrides {
    let given = KEYS
        .iter()
        .filter_map(|key| Some((key.name, value(matches, key.name)?)));
    given.collect()
}

/// The value of an argument that was checked.
fn read<T: FromStr>(matches: &ArgMatches, name: &str) -> Option<T> {
    value::<String>(matches, name)?.parse().ok()
}

/// The value of an argument that this verb may or may not have.
pub(super) fn value<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}

#[cfg(test)]
mod tests {
    use super::request;
    use crate::Context;
    use crate::Daemon;
    use crate::Event;
    use crate::Failure;
    use crate::Outcome;
    use crate::Spec;
    use crate::cli::command::{command, rows};
    use crate::cli::words;

    struct Server;

    impl Daemon for Server {
        const SPEC: Spec = Spec::new("server");

        fn create() -> Result<Self, Failure> {
            Ok(Self)
        }

        fn dispatch(&mut self, _: Event, _: &mut Context) -> Outcome {
            Outcome::Unhandled
        }
    }

    #[test]
    fn a_word_alone_is_what_clap_makes_of_it() -> Result<(), Box<dyn std::error::Error>> {
        let mut seen = 0;
        for (word, aliases, ..) in rows::<Server>() {
            for word in aliases.iter().chain([&word]) {
                let Some(verb) = words::verb(word) else {
                    continue;
                };
                let matches = command::<Server>().try_get_matches_from(["server", word])?;
                let (parsed, overrides) = request::<Server>(&matches)?;
                assert_eq!(format!("{parsed:?}"), format!("{verb:?}"), "{word}");
                assert_eq!(format!("{overrides:?}"), "Overrides([])", "{word}");
                seen += 1;
            }
        }
        assert_eq!(seen, 10);
        Ok(())
    }
}
