//! Files and numbers that an attacker, or an accident, has put where the daemon's files go. The
//! bytes of the victim never change, no foreign process is ever signalled, nothing hangs, and the
//! verb says which file it refuses.
//!
//! Each table prints how many inputs it tried. `HOSTILE_ROUNDS` sets how often the races run.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod accounts;
mod bystander;
mod directories;
mod files;
mod listeners;
mod numbers;
mod pages;
mod plant;
mod race;
mod users;
