//! A `new` that cannot fail.

use daemon_rt::{Hooks, Resources, daemon};

struct Server {
    turns: u32,
}

#[daemon(name = "server")]
impl Server {
    const fn new() -> Self {
        Self { turns: 7 }
    }

    fn run(&mut self) {
        self.turns += 1;
    }
}

fn main() {
    assert_eq!(Server::create(&mut Resources::default()).map(|server| server.turns).ok(), Some(7));
}
