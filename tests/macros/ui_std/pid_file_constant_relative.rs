//! A relative path in a constant.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server;

#[daemon(name = "server", pid_file = concat!("run/", "server.pid"))]
impl Server {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
