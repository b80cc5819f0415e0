//! The command line: the verbs as a `clap` command, and the words that need no clap. The command
//! serves [`crate::main`] and can be nested in a command of your own.

#[cfg(feature = "cli")]
mod command;
#[cfg(feature = "cli")]
mod options;
#[cfg(feature = "cli")]
mod read;
#[cfg(feature = "cli")]
mod request;
#[cfg(feature = "cli")]
#[cfg_attr(not(feature = "units"), path = "without_units.rs")]
mod units;
pub(crate) mod words;

#[cfg(feature = "cli")]
pub(crate) use self::command::parse;
#[cfg(feature = "cli")]
pub use self::command::{command, dispatch};
