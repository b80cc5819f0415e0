//! Declarative daemons for Linux.
#![warn(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("daemon-rt supports Linux 5.10 and newer only");

mod context;
mod daemon;
mod detach;
pub mod logger;
pub mod outcome;
mod signal;
pub mod spec;
mod sys;
mod trust;

pub use crate::context::{ChildExit, Context, Wake};
pub use crate::daemon::{Daemon, Event};
pub use crate::detach::Detach;
pub use crate::outcome::{Failure, Outcome};
pub use crate::signal::{Sender, Signal, SignalInfo};
pub use crate::spec::Spec;
pub use daemon_macros::{daemon, every, signal};
