//! The files that init systems and their neighbours read, printed from the declaration.
//!
//! Each kind is a pure function of a [`Plan`]: text, place and mode of its files. What a file says
//! is the daemon's own verbs; none of them knows how a daemon is started or stopped.

mod check;
#[cfg(feature = "completions")]
mod complete;
mod enable;
pub(crate) mod file;
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

pub(crate) use self::check::{differences, made_by};
pub(crate) use self::install::{install, uninstall};
pub(crate) use self::kind::Kind;
pub(crate) use self::plan::{Choice, Plan, Verbs};
pub(crate) use self::render::{print, render};
pub(crate) use self::target::Target;
