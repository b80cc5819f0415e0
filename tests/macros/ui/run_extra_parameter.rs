//! `run` with a parameter of its own.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, _turn: u32) {}
}

fn main() {
    let _ = Server::SPEC;
}
