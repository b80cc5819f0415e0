//! A hook whose error cannot be printed.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

struct Secret;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) -> Result<(), Secret> {
        Err(Secret)
    }
}

fn main() {
    let _ = Server::SPEC;
}
