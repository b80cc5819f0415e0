//! `unit`, `install` and `uninstall` of a program without the feature `units`: words that name it.

use clap::{Arg, ArgMatches, Command};

use crate::error::Error;
use crate::settings::Overrides;
use crate::verbs::Verb;

/// Returns an argument for all words after the verb.
pub(super) fn unit() -> Vec<Arg> {
    let rest = Arg::new("rest").num_args(0..);
    vec![rest.allow_hyphen_values(true).trailing_var_arg(true)]
}

pub(super) use self::unit as install;

/// Refuses the verb `word`.
pub(super) fn request(
    word: &str,
    _: &ArgMatches,
    _: (&str, fn() -> Command),
) -> Result<(Verb, Overrides), Error> {
    let text = format!("`{word}`: built without the feature `units`; enable it for daemon-rt");
    Err(Error::usage(text))
}
