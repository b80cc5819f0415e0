//! A timer with a bare number.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[every(30)]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
