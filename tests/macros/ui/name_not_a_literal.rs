//! A name that is a constant.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

const SERVER: &str = "server";

#[daemon(name = SERVER)]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
