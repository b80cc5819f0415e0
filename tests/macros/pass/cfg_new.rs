//! A `new` for each of two cases, without `Default`.

use daemon_rt::{Hooks, Resources, daemon};

struct Server(&'static str);

#[daemon(name = "server")]
impl Server {
    #[cfg(unix)]
    fn new() -> Self {
        Self("unix")
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self("other")
    }

    fn run(&mut self) {}
}

impl Default for Server {
    fn default() -> Self {
        Self("default")
    }
}

fn main() {
    assert_eq!(Server::create(&mut Resources::default()).map(|server| server.0).ok(), Some("unix"));
}
