//! An `async` hook with a parameter too many.

use daemon_rt::{Daemon, Handle, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokio)]
impl Server {
    async fn run(&self, handle: Handle, _count: u32) {
        handle.stop();
    }
}

fn main() {
    let _ = Server::SPEC;
}
