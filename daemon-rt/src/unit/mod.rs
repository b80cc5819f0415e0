//! The files that init systems and their neighbours read, printed from the declaration.
//!
//! Each kind is a pure function of a [`Plan`]: text, place and mode of its files. What a file says
//! is the daemon's own verbs; none of them knows how a daemon is started or stopped.

mod check;
#[cfg(feature = "completions")]
mod complete;
mod enable;
mod file;
mod install;
mod kind;
mod logrotate;
mod openrc;
mod plan;
mod quote;
mod render;
mod runit;
mod s6;
mod sandbox;
mod systemd;
mod sysv;
mod target;
mod tmpfiles;

pub use self::check::{Difference, differences, made_by};
pub use self::file::File;
pub use self::install::{Removed, install, uninstall};
pub use self::kind::Kind;
pub use self::plan::{Choice, Plan, Verbs};
pub use self::render::{print, render};
pub use self::target::Target;
