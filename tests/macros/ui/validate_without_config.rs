//! A `validate` of a daemon without settings.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn validate(_: &u32) -> Result<(), String> {
        Ok(())
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
