//! Reads the attribute's arguments and the impl block, without judging them together.

mod args;
mod helper;
mod item;

pub(crate) use self::args::{Args, parse as args};
pub(crate) use self::helper::{Helper, Kind};
pub(crate) use self::item::{Block, Method, parse as item};
