//! Generated files and the verbs, under real init systems.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod awkward;
mod checkers;
mod configured;
mod confined;
mod init_script;
mod listeners;
mod machines;
mod plans;
mod scripts;
mod site;
mod supervised;
mod supervisors;
mod systemd;
mod texts;
mod upgrade;
mod verbs;

// The generator of the files, which is private to the runtime, is compiled into this test.
#[path = "../../daemon-rt/src/error.rs"]
#[allow(dead_code, reason = "the runtime uses the rest")]
mod error;
#[path = "../../daemon-rt/src/unit/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unexpected_cfgs,
    reason = "the runtime uses the rest, and has the features"
)]
mod unit;
