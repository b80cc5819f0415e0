//! The table of keys in `#[daemon(…)]`, and the parsers of their values.

mod address;
mod amount;
mod confine;
mod duration;
mod items;
mod keys;
mod levels;
mod listeners;
mod scalar;
mod signal;
mod text;
mod value;
mod words;

pub(crate) use self::address::Kind;
pub(crate) use self::duration::{Period, read as period};
pub(crate) use self::items::{Runtime, config, runtime};
pub(crate) use self::keys::{KEYS, Key, Role, find as key};
pub(crate) use self::listeners::{Listener, listeners};
pub(crate) use self::signal::{Signal, handler_of as handler_of_signal};
pub(crate) use self::text::name;
pub(crate) use self::value::{Levels, Value};
