//! A signal with the path of its type.

use std::process::ExitCode;

use daemon_rt::{Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [Signal::SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: Signal) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
