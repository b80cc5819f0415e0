//! A constant that does not exist.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = NAME)]
impl Server {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
