//! A `new` with a parameter.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn new(_path: &str) -> Self {
        Self
    }
}

fn main() {
    let _ = Server::SPEC;
}
