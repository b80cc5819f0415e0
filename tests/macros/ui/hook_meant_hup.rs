//! A hook by the name of its signal.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_hup(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
