//! A daemon that borrows for a lifetime of its block.

use std::process::ExitCode;

use daemon_rt::daemon;

#[derive(Default)]
struct Server<'a>(&'a str);

#[daemon(name = "server")]
impl<'a> Server<'a> {
    fn run(&mut self) {}
}

fn main() -> ExitCode {
    daemon_rt::main::<Server<'_>>()
}
