//! The helpers of the tests of the life cycle.
//!
//! A [`Sandbox`] is a directory of its own and a marker in the environment for one test; a verb
//! is one run of the daemon's program with a deadline; a [`Process`] is what `/proc` says. The
//! daemon `scripted` does what its [`script`] says.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    reason = "only tests use it"
)]

mod built;
mod copy;
mod daemons;
pub mod examples;
mod forks;
pub mod http;
mod process;
mod sandbox;
pub mod script;
pub mod settings;
mod skip;
mod terminal;
mod verb;
mod wait;

pub use self::built::programs_of;
pub use self::copy::copy_program;
pub use self::daemons::{build_directory, daemon_path};
pub use self::process::Process;
pub use self::sandbox::{MARKER, Sandbox, survivors};
pub use self::skip::{
    NOBODY, can_unshare, capability_or_skip, is_installed, namespaces_or_skip, program_or_skip,
    root_or_skip, skip, skip_unsupported, take_skipped,
};
pub use self::terminal::Terminal;
pub use self::verb::{Finished, Running};
pub use self::wait::{DEADLINE, eventually, until, until_within};
