//! A daemon without work.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn on_start(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
