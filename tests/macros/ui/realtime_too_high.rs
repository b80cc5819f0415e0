//! A realtime signal that the C library keeps.

use daemon_rt::{Daemon, Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGRTMIN + 30])]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: Signal) {}
}

fn main() {
    let _ = Server::SPEC;
}
