//! The handle in the `new` of a daemon without an `async` hook.

use daemon_rt::{Daemon, Handle, daemon};

struct Server;

#[daemon(name = "server")]
impl Server {
    fn new(_handle: Handle) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
