//! The attribute as a key with a value.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon = "server"]
impl Server {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
