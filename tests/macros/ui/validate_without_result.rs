//! A `validate` that cannot say no.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn validate(_: &Settings) {}

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
