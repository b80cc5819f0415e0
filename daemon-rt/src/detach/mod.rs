//! The way from the caller to the daemon: one step after the other, each in its process.
//!
//! [`step`] lists the steps and says why they stand in this order. `caller`, `first_child` and
//! `daemon` have them by the process that runs them.

mod caller;
mod daemon;
mod detached;
pub(crate) mod environment;
mod first_child;
pub(crate) mod init;
pub(crate) mod ready;
pub(crate) mod starter;
mod step;
mod walk;
mod way;

pub(crate) use self::detached::{Detached, End, Mode};
pub use self::step::Step;
pub(crate) use self::walk::walk;
pub(crate) use self::way::Way;
