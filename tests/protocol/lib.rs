//! A model of the lock protocol, and an exhaustive search of its states.
//!
//! The model has the lock file with its inodes, the three locks on it, the verbs and the daemons.
//! An adversary removes the file, closes descriptors in user code, kills processes and makes hooks
//! hang. [`search::search`] tries every order of their steps.

#![allow(clippy::expect_used, reason = "a fault of the model fails its test")]

pub mod daemon;
mod file;
pub mod search;
pub mod step;
pub mod verb;
pub mod world;
