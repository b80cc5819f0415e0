//! The least there is.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    assert!(Server::SPEC.signals.is_empty());
    assert!(Server::SPEC.timers.is_empty());
}
