//! A `validate` with a daemon, before there is one.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn validate(&self, _: &Settings) -> Result<(), String> {
        Ok(())
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
