//! No name.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(umask = 0o027, interval = "5s")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
