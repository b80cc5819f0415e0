//! A runtime that is the function of no program.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = no_such_function)]
impl Server {
    async fn run(&self) {}
}

fn main() {
    let _ = Server::SPEC;
}
