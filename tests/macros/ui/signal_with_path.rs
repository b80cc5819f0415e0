//! A helper attribute with a path.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    #[daemon_rt::signal(SIGUSR1)]
    fn dump(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
