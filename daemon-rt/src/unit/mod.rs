//! Generates files for init systems, logrotate, tmpfiles and shells from the declaration.
//!
//! Each kind is a pure function of a [`Plan`]: text, path and mode of its files. The files call the
//! daemon's verbs, and do not know how a daemon is started or stopped.

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
mod socket;
mod systemd;
mod sysv;
mod target;
mod tmpfiles;

pub(crate) use self::check::{differences, made_by};
pub(crate) use self::install::{install, uninstall};
pub(crate) use self::kind::Kind;
pub(crate) use self::plan::{Choice, Plan, Socket, Verbs};
pub(crate) use self::render::{print, render};
pub(crate) use self::target::Target;
