//! A runtime that is not a name.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = 4)]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
