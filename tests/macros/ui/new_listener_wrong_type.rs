//! A type that is not a socket.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [dns = "udp:127.0.0.1:53"])]
impl Server {
    fn new(_dns: String) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
