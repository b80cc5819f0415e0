//! The settings of a daemon: a TOML file, overridden by the environment and the command line, and
//! read as the user's type.
//!
//! Nothing here opens a file or looks at the environment. The tree of values knows where each came
//! from, since every error names that place, and serde's own errors do not.

mod access;
mod deserializer;
mod document;
mod fault;
mod file;
mod key;
mod notes;
mod overrides;
mod own;
mod pass;
mod reader;
mod report;
mod rows;
mod shown;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod wording;

pub(crate) use self::document::Document;
pub(crate) use self::file::{LIMIT, too_big};
pub(crate) use self::overrides::{Override, Source};
pub(crate) use self::rows::Row;
