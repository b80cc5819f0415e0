//! A hook by another word of other daemons.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_exit(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
