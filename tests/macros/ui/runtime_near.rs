//! A runtime that is almost one.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokyo)]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
