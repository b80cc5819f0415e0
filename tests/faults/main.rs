//! A start, a stop, a restart and a reload in which something fails at every step.
//!
//! The tables of system calls try every fifth call; `FAULTS_EVERY=1` tries each one. They print how
//! many were tried.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

#[cfg(target_arch = "x86_64")]
mod calls;
mod clocks;
#[cfg(target_arch = "x86_64")]
mod confined;
#[cfg(target_arch = "x86_64")]
mod filters;
mod limits;
#[cfg(target_arch = "x86_64")]
mod listeners;
mod namespaces;
mod panics;
#[cfg(target_arch = "x86_64")]
mod protocol;
#[cfg(target_arch = "x86_64")]
mod renames;
#[cfg(target_arch = "x86_64")]
mod settings;
mod signals;
mod stops;
#[cfg(target_arch = "x86_64")]
mod tracer;
#[cfg(target_arch = "x86_64")]
mod upgrades;
