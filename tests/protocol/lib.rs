//! A model of the lock protocol, and an exhaustive search of its states.
//!
//! The model has the lock file with its inodes, the three locks on it, the verbs and the daemons.
//! A daemon may become another program by an upgrade. An adversary removes the file, closes
//! descriptors in user code, kills processes and makes hooks fail or hang. [`search::search`] tries
//! every order of their steps.

#![allow(clippy::expect_used, reason = "a fault of the model fails its test")]
#![allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in a state"
)]

mod ask;
pub mod daemon;
mod file;
pub mod search;
pub mod step;
mod turn;
mod upgrade;
pub mod verb;
pub mod world;
