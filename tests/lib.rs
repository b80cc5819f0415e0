//! Black-box tests of the workspace: real processes, deadlines instead of sleeps, nothing left
//! behind.

pub mod boxes;
pub mod support;
