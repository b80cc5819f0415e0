//! The attribute on an enum.

use daemon_rt::{Daemon, daemon};

struct Server;

#[daemon(name = "server")]
enum Other {}

fn main() {
    let _ = Other::SPEC;
}
