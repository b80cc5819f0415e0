//! A runtime in quotes.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = "tokio")]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
