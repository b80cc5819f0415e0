//! A hook with another context.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, _: &mut String) {}
}

fn main() {
    let _ = Server::SPEC;
}
