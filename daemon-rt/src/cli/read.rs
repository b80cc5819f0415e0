//! Values from clap's matches.

use std::str::FromStr;

use clap::ArgMatches;

use crate::settings::{KEYS, Overrides};

/// Returns the keys that are given.
pub(super) fn overrides(matches: &ArgMatches) -> Overrides {
    let given = KEYS
        .iter()
        .filter_map(|key| Some((key.name, value(matches, key.name)?)));
    given.collect()
}

/// Parses the value of an argument that was checked.
pub(super) fn read<T: FromStr>(matches: &ArgMatches, name: &str) -> Option<T> {
    value::<String>(matches, name)?.parse().ok()
}

/// Returns the value of an argument, or `None` if the verb lacks the argument.
pub(super) fn value<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}
