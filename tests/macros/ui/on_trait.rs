//! The attribute on a trait.

use daemon_rt::daemon;

struct Server;

#[daemon(name = "server")]
trait Work {}

fn main() {
    let _ = Server;
}
