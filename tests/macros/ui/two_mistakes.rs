//! Two mistakes: two errors.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", colour = "blue")]
impl Server {
    fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
