//! From clap's matches to a verb.

use clap::ArgMatches;

use crate::control::{Detail, Verb};
use crate::daemon::Daemon;
use crate::error::Error;
use crate::settings::{KEYS, Overrides};

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
    let kill = !flag("no_kill");
    let verb = match word {
        "start" => Verb::Start,
        "stop" => Verb::Stop { kill },
        "restart" => Verb::Restart {
            only_if_running: false,
            kill,
        },
        "try-restart" => Verb::Restart {
            only_if_running: true,
            kill,
        },
        "reload" => Verb::Reload,
        "signal" => Verb::Signal(value(matches, "signal")?),
        "log-level" => Verb::LogLevel(value(matches, "level")),
        "logs" => Verb::Logs {
            lines: value(matches, "lines")?,
            follow: flag("follow"),
        },
        "check" => Verb::Check,
        "status" if flag("quiet") => Verb::Status(Detail::Quiet),
        "status" if flag("json") => Verb::Status(Detail::Json),
        "status" => Verb::Status(Detail::Text),
        "run" => Verb::Run,
        _ => return None,
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

/// The value of an argument that this verb may or may not have.
pub(super) fn value<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}
