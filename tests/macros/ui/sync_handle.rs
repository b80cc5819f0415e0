//! The handle in a daemon without an `async` hook.

use daemon_rt::{Daemon, Handle, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, _handle: Handle) {}
}

fn main() {
    let _ = Server::SPEC;
}
