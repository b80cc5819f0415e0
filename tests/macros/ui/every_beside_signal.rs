//! A timer that is a signal method as well.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    #[every("30s")]
    #[signal(SIGUSR1)]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
