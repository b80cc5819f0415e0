//! A parameter of `new` under `#[cfg]`.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(#[cfg(unix)] _settings: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
