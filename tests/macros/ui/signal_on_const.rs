//! A signal attribute on a constant.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    #[signal(SIGUSR1)]
    const LIMIT: u32 = 1;
}

fn main() {
    let _ = Server::SPEC;
}
