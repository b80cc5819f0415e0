//! Declarative daemons for Linux.
#![warn(unreachable_pub)]
#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "some verbs need clap's command line")
)]

#[cfg(not(target_os = "linux"))]
compile_error!("daemon-rt supports Linux 5.10 and newer only");

mod attention;
mod children;
#[cfg(feature = "cli")]
pub mod cli;
mod context;
mod control;
mod daemon;
mod detach;
mod environment;
mod error;
mod json;
mod keeper;
mod launch;
mod lock;
pub mod logger;
mod manager;
#[doc(hidden)]
pub mod notify;
pub mod outcome;
mod panics;
mod pid_file;
mod places;
mod privileges;
mod process;
mod ready;
mod serve;
mod settings;
mod signal;
pub mod spec;
mod starter;
mod state;
mod sys;
mod timers;
mod title;
mod trust;
#[doc(hidden)]
pub mod unit;
#[cfg(not(feature = "cli"))]
mod words;

pub use crate::context::{ChildExit, Context, Wake, sleep};
pub use crate::daemon::{Daemon, Event};
pub use crate::detach::Detach;
pub use crate::error::Error;
pub use crate::launch::main;
pub use crate::outcome::{Failure, Outcome};
pub use crate::signal::{Sender, Signal, SignalInfo};
pub use crate::spec::Spec;
pub use daemon_macros::{daemon, every, signal};
