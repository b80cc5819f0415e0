//! The examples do what their README and the seed's transcript show, and so does a new crate.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod hour;
mod nested;
mod pattern;
mod readme;
mod session;
mod sockets;
mod transcript;
mod web;
