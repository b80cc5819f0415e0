//! A realtime signal counted from the top.

use daemon_rt::{Daemon, Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGRTMAX - 1])]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: Signal) {}
}

fn main() {
    let _ = Server::SPEC;
}
