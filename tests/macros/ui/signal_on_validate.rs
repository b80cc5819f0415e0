//! A timer that is `validate`.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    fn run(&mut self) {}

    #[every("1s")]
    fn validate(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
