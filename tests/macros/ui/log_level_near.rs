//! A misspelt level.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", log_level = "inof")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
