//! A signal that does not exist.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGFOO])]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
