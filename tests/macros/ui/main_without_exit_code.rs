//! A `main` that drops the exit code.
#![deny(unused_must_use)]

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    daemon_rt::main::<Server>();
}
