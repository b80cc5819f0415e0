//! Values out of clap's matches.

use std::str::FromStr;

use clap::ArgMatches;

use crate::settings::{KEYS, Overrides};

/// The keys that are given.
pub(super) fn overrides(matches: &ArgMatches) -> Overrides {
    let given = KEYS
        .iter()
        .filter_map(|key| Some((key.name, value(matches, key.name)?)));
    given.collect()
}

/// The value of an argument that was checked.
pub(super) fn read<T: FromStr>(matches: &ArgMatches, name: &str) -> Option<T> {
    value::<String>(matches, name)?.parse().ok()
}

/// The value of an argument that this verb may or may not have.
pub(super) fn value<T: Clone + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
) -> Option<T> {
    matches.try_get_one::<T>(name).ok().flatten().cloned()
}
