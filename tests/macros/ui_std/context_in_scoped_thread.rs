//! The context in a thread that ends with the hook.

use std::process::ExitCode;

use daemon_rt::{Context, daemon};

#[derive(Default)]
struct Server;

#[daemon(name = "server")]
impl Server {
    fn run(&mut self, context: &mut Context) {
        std::thread::scope(|scope| {
            scope.spawn(|| context.stop());
        });
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
