//! A misspelt option.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(nmae = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
