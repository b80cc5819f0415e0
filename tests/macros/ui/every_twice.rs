//! A timer with two periods.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[every("30s")]
    #[every("5s")]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
