//! Parses the arguments of the attribute and the impl block, each on its own.

mod args;
mod helper;
mod item;

pub(crate) use self::args::{Args, parse as args};
pub(crate) use self::helper::{Helper, Kind};
pub(crate) use self::item::{Block, Method, parse as item};
