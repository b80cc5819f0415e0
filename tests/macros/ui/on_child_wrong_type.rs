//! `on_child` that takes a number.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_child(&mut self, _: i32) {}
}

fn main() {
    let _ = Server::SPEC;
}
