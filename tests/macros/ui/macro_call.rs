//! A macro call among the methods.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

macro_rules! work {
    () => {
        fn run(&mut self) {}
    };
}

#[daemon(name = "server")]
impl Server {
    work!();
}

fn main() {
    let _ = Server::SPEC;
}
