//! `on_signal` that takes a number.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: i32) {}
}

fn main() {
    let _ = Server::SPEC;
}
