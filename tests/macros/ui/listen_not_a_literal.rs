//! An address that is not a literal.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

#[allow(dead_code)]
const ADDRESS: &str = "127.0.0.1:80";

struct Server;

#[daemon(name = "server", listen = [http = ADDRESS])]
impl Server {
    fn new(_http: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
