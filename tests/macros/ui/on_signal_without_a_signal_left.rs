//! `on_signal` beside a method for each signal.

use std::process::ExitCode;

use daemon_rt::{Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server", signals = [SIGUSR1])]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: Signal) {}

    #[signal(SIGUSR1)]
    fn dump(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
