//! A parameter of a hook under `#[cfg]`.

use daemon_rt::{Context, Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, #[cfg(unix)] _: &mut Context) {}
}

fn main() {
    let _ = Server::SPEC;
}
