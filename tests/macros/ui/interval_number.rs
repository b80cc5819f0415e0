//! A duration that is no string.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", interval = 5)]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
