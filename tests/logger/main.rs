//! The logger alone, in a program that logs what it is asked to.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod files;
mod lines;
mod losses;
mod probe;
mod rotation;
mod storms;
mod syslog;
