//! Black-box tests of the workspace.

pub mod boxes;
