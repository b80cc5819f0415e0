//! A `new` that fails, with a chain of causes.

use std::fmt;

use daemon_rt::{Hooks, Resources, daemon};

/// As the error types of the ecosystem print: `{:#}` is the whole chain.
struct Chain;

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { "no config: denied" } else { "no config" })
    }
}

type Outcome<T> = Result<T, Chain>;

struct Server;

#[daemon(name = "server")]
impl Server {
    fn new() -> Outcome<Self> {
        Err(Chain)
    }

    fn run(&mut self) {}
}

fn main() {
    let failure = Server::create(&mut Resources::default()).err().map(|failure| failure.to_string());
    assert_eq!(failure.as_deref(), Some("no config: denied"));
}
