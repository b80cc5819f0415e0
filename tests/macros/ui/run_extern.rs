//! An `extern` hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    extern "C" fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
