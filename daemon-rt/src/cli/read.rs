//! Values from clap's matches.

use std::str::FromStr;

use clap::ArgMatches;

#[cfg(feature = "config")]
use crate::settings::SET;
use crate::settings::{KEYS, Overrides};

/// Returns the keys that are given.
pub(super) fn overrides(matches: &ArgMatches) -> Overrides {
    let given = KEYS.iter().flat_map(|key| {
        let texts = values(matches, key.name);
        texts.map(|text| (key.name, text))
    });
    #[cfg(feature = "config")]
    let given = given.chain(values(matches, SET).map(|text| (SET, text)));
    given.collect()
}

/// Returns all values of an argument, in their order.
fn values(matches: &ArgMatches, name: &str) -> impl Iterator<Item = String> {
    let values = matches.try_get_many::<String>(name).ok().flatten();
    values.into_iter().flatten().cloned()
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
