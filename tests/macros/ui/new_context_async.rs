//! The context in the `new` of a daemon with an `async` hook.

use daemon_rt::{Context, Daemon, daemon};

struct Server;

#[daemon(name = "server", runtime = tokio)]
impl Server {
    fn new(_context: &mut Context) -> Self {
        Self
    }

    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
