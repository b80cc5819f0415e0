//! A pattern as a parameter of `new`.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(Settings { .. }: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
