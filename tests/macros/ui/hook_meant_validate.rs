//! A hook by the word of other daemons for `validate`.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}

    fn on_validate(&mut self, _: &Settings) {}
}

fn main() {
    let _ = Server::SPEC;
}
