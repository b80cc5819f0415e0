//! An `unsafe` hook.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    unsafe fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
