//! Hooks in a second block, which is marked as well.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

#[daemon(name = "server")]
impl Server {
    fn on_stop(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
