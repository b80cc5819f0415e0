//! A helper attribute behind `cfg_attr`.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    #[cfg_attr(unix, signal(SIGUSR1))]
    fn dump(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
