//! An address with the name of a host.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [http = "localhost:80"])]
impl Server {
    fn new(_http: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
