//! A hook defined twice: the compiler says so, once.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
