//! The logger alone, in a program that logs on command.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod buffer;
mod ends;
mod files;
mod forks;
mod full_disk;
mod lines;
mod partial;
mod probe;
mod recovery;
mod rotation;
mod storms;
mod syslog;
mod syslogds;
