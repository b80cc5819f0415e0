//! The price of a process.

fn main() {}
