//! A generic daemon.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server<T>(T);

#[daemon(name = "server")]
impl<T> Server<T> {
    fn run(&mut self) {}
}

fn main() {
    let _ = Server::<u8>::SPEC;
    let _ = Server(1).0;
}
