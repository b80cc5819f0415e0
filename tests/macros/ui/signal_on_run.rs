//! A signal attribute on a hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    #[signal(SIGUSR1)]
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
