//! A timer without a period.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[every]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
