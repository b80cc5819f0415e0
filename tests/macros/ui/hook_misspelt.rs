//! A near miss of a hook.

use daemon_rt::{Daemon, Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    fn on_singal(&mut self, _: Signal) {}
}

fn main() {
    let _ = Server::SPEC;
}
