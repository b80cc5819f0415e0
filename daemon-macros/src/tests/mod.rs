//! Tests of the expansion as a function, without a compiler run.

mod documentation;
mod expansions;
mod hostile;
