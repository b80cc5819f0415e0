//! A timer that is always due.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[every("0s")]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
