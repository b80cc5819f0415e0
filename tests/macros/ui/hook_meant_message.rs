//! A name like a hook's, which means none.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_message(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
