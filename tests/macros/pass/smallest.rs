//! The least there is.

use daemon_rt::{Daemon, Spec, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    assert_eq!(Server::SPEC, Spec::new("server"));
}
