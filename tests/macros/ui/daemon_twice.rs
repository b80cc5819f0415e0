//! The attribute twice on one block.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
