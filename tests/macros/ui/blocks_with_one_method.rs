//! Two blocks with a method of one name, the second without its keys.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}
}

#[daemon]
impl Server {
    fn run(&mut self) {}

    fn on_stop(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
