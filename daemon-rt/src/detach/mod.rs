//! The way from the caller to the daemon, as a list of steps.
//!
//! [`step`] lists the steps and their order. `caller`, `first_child` and `daemon` implement them,
//! each for the process that runs them.

mod adopted;
mod back;
mod caller;
mod daemon;
mod detached;
pub(crate) mod environment;
mod first_child;
pub(crate) mod init;
mod listen;
pub(crate) mod ready;
pub(crate) mod starter;
mod step;
mod walk;
mod way;

pub(crate) use self::adopted::adopt;
pub(crate) use self::back::{arm, environment, go_back};
pub(crate) use self::detached::{Detached, End, Mode, leave_supervisor};
pub(crate) use self::listen::publish as publish_listeners;
pub use self::step::Step;
pub(crate) use self::walk::walk;
pub(crate) use self::way::Way;
