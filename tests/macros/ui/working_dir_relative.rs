//! A relative working directory.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", working_dir = "data")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
