//! A reload that does not take the new settings.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}

    fn on_reload(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
