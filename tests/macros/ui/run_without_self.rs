//! `run` without `self`.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run() {}
}

fn main() {
    let _ = Server::SPEC;
}
