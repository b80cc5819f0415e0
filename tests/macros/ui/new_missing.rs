//! Neither `new` nor `Default`.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
