//! A `new` whose error cannot be printed.

use daemon_rt::{Daemon, daemon};

struct Server;

struct Secret;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn new() -> Result<Self, Secret> {
        Err(Secret)
    }
}

fn main() {
    let _ = Server::SPEC;
}
