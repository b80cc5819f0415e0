//! A parameter of `new` without a type of its own.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_settings: impl Clone) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
