//! A type that does not fit the path of a socket.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

type Stream = TcpListener;

struct Server;

#[daemon(name = "server", listen = [admin = "unix:admin.sock"])]
impl Server {
    fn new(_admin: Stream) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
