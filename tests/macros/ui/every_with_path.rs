//! A timer attribute with a path, on a method of a daemon that has no other work.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    #[::daemon_rt::every("5s")]
    fn flush(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
}
