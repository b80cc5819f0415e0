//! A `validate` that returns another type.

use daemon_rt::{Daemon, daemon};

#[derive(serde::Deserialize)]
struct Settings {}

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn validate(_: &Settings) -> bool {
        true
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
