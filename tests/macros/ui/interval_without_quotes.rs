//! A duration without quotes.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server", interval = 5s)]
impl Server {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
