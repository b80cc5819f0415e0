//! The context in a daemon with an `async` hook.

use daemon_rt::{Context, Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokio)]
impl Server {
    async fn run(&self, _context: &mut Context) {}
}

fn main() {
    let _ = Server::SPEC;
}
