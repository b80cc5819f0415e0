//! A method by the name of its signal, without the attribute.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_usr1(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
