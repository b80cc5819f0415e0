//! A timer with a parameter of its own.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[every("5s")]
    fn flush(&mut self, _bytes: usize) {}
}

fn main() {
    let _ = Server::SPEC;
}
