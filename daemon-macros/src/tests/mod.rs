//! Tests of the expansion as a function, without a compiler run.

mod expansions;
mod hostile;
