//! The inheritance of the next program that runs in this process, `execve(2)`.
//!
//! The pid stays, and so do the record locks, the descriptors that are left open, and the blocked
//! signals. Memory does not, so its content goes into an [`Inheritance`]: a sealed file in memory,
//! whose descriptor the variable [`VARIABLE`] names.
//!
//! The first program asks the next one whether it can take over. It runs `PATH check`, with that
//! variable set to [`CHECK`] and the inheritance as standard input. The answer goes to the same file.

mod inheritance;
mod invocation;
mod lines;
mod memory;
mod words;

pub(crate) use self::inheritance::{Heritage, Inheritance};
pub(crate) use self::invocation::Invocation;
pub(crate) use self::memory::{Answer, Question};
pub(crate) use self::words::{BACK, BEFORE, CHECK, OWN, UNDUMPABLE, VARIABLE, VERSION};
