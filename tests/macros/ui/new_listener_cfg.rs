//! A `#[cfg]` on the parameter of a listener.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server", listen = [http = "127.0.0.1:80"])]
impl Server {
    fn new(#[cfg(unix)] _http: TcpListener) -> Self {
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
