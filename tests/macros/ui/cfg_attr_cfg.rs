//! A condition behind `cfg_attr`.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[cfg_attr(unix, cfg(unix))]
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
