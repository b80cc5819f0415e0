//! The context in a thread.

use std::process::ExitCode;

use daemon_rt::{Context, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, context: &mut Context) {
        std::thread::spawn(move || context.stop());
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
