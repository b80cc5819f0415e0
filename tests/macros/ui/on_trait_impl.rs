//! The attribute on an impl of a trait.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

trait Work {
    fn run(&mut self);
}

#[daemon(name = "server")]
impl Work for Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
