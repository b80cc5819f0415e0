//! A constant that cannot be a name.

use std::process::ExitCode;

use daemon_rt::daemon;

const NAME: &str = "my server";

#[derive(Default)]
struct Server;

#[daemon(name = NAME)]
impl Server {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
