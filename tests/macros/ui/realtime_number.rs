//! A realtime signal by its number.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    #[signal(34)]
    fn job(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
