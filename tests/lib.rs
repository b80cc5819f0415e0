//! Black-box tests of the workspace: real processes, deadlines instead of sleeps, nothing left
//! behind.
#![allow(
    missing_docs,
    reason = "the names of a test's helpers say what they do"
)]

pub mod machines;
pub mod support;
