//! The life of a daemon whose hooks are futures, on the runtimes that people use.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod attribute;
mod beside;
mod cost;
mod ends;
mod fails;
mod handles;
mod hangs;
mod lost;
mod runtimes;
mod settings;
mod upgrade;
