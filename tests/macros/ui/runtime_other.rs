//! The name of another runtime.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = smol)]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
