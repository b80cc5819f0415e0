//! Generated files and the verbs, under real init systems.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod awkward;
mod checkers;
mod confined;
mod init_script;
mod machines;
mod plans;
mod scripts;
mod site;
mod supervisors;
mod systemd;
mod texts;
mod verbs;
