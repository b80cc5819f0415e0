//! Words that are no hooks: the compiler itself names methods without a caller.
#![deny(dead_code)]

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn stop(&mut self) {}

    fn shutdown(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
