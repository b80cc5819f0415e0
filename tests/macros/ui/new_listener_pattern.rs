//! A pattern in place of the name of a listener.

use std::net::TcpListener;

use daemon_rt::{Daemon, daemon};

struct Http(TcpListener);

struct Server;

#[daemon(name = "server", listen = [http = "127.0.0.1:80"])]
impl Server {
    fn new(Http(http): Http) -> Self {
        drop(http);
        Self
    }

    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
