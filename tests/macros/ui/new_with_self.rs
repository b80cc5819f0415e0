//! A `new` with a receiver.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn new(&self) -> Self {
        Self
    }
}

fn main() {
    let _ = Server::SPEC;
}
