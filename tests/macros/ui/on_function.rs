//! The attribute on a function.

use daemon_rt::daemon;

struct Server;

#[daemon(name = "server")]
fn run() {}

fn main() {
    run();
    let _ = Server;
}
