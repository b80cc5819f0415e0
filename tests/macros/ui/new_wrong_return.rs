//! A `new` that returns something else.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn new() -> u32 {
        1
    }
}

fn main() {
    let _ = Server::SPEC;
}
