//! An `async` `validate`.

use daemon_rt::{Daemon, daemon};

struct Settings;

struct Server;

#[daemon(name = "server", runtime = tokio, config = Settings)]
impl Server {
    fn new(_: Settings) -> Self {
        Self
    }

    async fn validate(_: &Settings) -> Result<(), String> {
        Ok(())
    }

    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
