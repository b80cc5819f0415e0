//! A hook that returns a number.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) -> u32 {
        1
    }
}

fn main() {
    let _ = Server::SPEC;
}
