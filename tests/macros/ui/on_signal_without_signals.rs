//! `on_signal` without a list of signals.

use std::process::ExitCode;

use daemon_rt::{Signal, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self) {}

    fn on_signal(&mut self, _: Signal) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
