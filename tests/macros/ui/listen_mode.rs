//! A mode that is not octal.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [http = "unix:a?mode=0o600"])]
impl Server {
    fn new(_http: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
