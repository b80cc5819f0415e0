//! A generic hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run<T>(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
