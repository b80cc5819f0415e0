//! `run` with a shared reference.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
