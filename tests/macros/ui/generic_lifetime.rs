//! A daemon that borrows.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server<'a>(&'a str);

#[daemon(name = "server")]
impl Server<'_> {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::SPEC;
    let _ = Server("").0;
}
