//! An `async` hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    async fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
