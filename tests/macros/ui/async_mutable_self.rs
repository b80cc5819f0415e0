//! A hook that changes the daemon beside other hooks.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokio)]
impl Server {
    fn on_start(&mut self) {}

    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
