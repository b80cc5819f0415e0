//! A listener with the name of a keyword.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [type = "127.0.0.1:80"])]
impl Server {
    fn new(_type: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
