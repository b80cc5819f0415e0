//! A parameter of another type than `config` names.

use daemon_rt::{Daemon, daemon};

#[derive(serde::Deserialize)]
struct Settings {}

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_settings: u32) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
