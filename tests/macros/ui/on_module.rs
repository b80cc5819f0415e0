//! The attribute on a module.

use daemon_rt::daemon;

struct Server;

#[daemon(name = "server")]
mod server {}

fn main() {
    let _ = Server;
}
