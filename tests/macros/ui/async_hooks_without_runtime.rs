//! Two `async` hooks without a runtime.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    async fn on_start(&self) {}

    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
