//! A signal attribute without a signal.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    #[signal]
    fn dump(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
