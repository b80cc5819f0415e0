//! The attribute on a struct.

use daemon_rt::{Daemon, daemon};

#[daemon(name = "server")]
struct Server;


fn main() {
    let _ = Server::SPEC;
}
