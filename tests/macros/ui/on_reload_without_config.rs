//! A reload that takes settings of a daemon without any.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_reload(&mut self, _settings: u32) {}
}

fn main() {
    let _ = Server::SPEC;
}
