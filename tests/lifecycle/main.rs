//! The life of a daemon, from its start to its end, as its user and the kernel see it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod children;
mod chroot;
mod closed_files;
mod container;
mod copies;
mod detachment;
mod file_systems;
mod foreground;
mod limits;
mod listeners;
mod logging;
mod on_panic;
mod one_daemon;
mod pid_file;
mod places;
mod read_only;
mod reload;
mod rights;
mod settings;
mod signals;
mod start;
mod states;
mod status;
mod stop;
mod upgrade;
mod users;
mod verbs;
