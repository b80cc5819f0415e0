//! A reload that takes the settings by reference.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}

    fn on_reload(&mut self, _settings: &Settings) {}
}

fn main() {
    let _ = Server::SPEC;
}
