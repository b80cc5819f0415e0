//! The examples do what their README and the seed's transcript show.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod nested;
mod pattern;
mod readme;
mod session;
mod sockets;
mod transcript;
