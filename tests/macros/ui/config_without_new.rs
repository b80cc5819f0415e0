//! Settings that no `new` takes.

use daemon_rt::{Daemon, daemon};

struct Settings;

#[derive(Default)]
struct Server;

#[daemon(name = "server", config = Settings)]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
