//! A signal method whose signal is not listed.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    #[signal(SIGUSR1)]
    fn dump(&mut self) {}

    #[signal(SIGUSR2)]
    fn print(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
