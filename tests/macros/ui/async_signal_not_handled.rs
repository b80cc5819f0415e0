//! A signal without a handler in a daemon with an `async` hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokio, signals = [SIGUSR1])]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
