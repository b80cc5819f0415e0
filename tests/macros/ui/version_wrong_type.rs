//! A version of another type.

use daemon_rt::{Daemon, daemon};

struct Version(u8);

#[derive(Default)]
struct Server;

#[daemon(name = "server", version = Version(1))]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
