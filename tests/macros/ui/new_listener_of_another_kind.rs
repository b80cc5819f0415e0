//! A type that does not fit the address.

use std::net::UdpSocket;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [http = "127.0.0.1:80"])]
impl Server {
    fn new(_http: UdpSocket) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
