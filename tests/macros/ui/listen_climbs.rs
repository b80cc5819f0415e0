//! A path that leads elsewhere.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [http = "unix:../a"])]
impl Server {
    fn new(_http: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
