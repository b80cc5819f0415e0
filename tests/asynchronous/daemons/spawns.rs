//! A daemon of the attribute whose hooks are not `async`, beside a runtime.

use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, daemon};
use log::info;
use tokio::runtime::Handle;
use tokio::time::sleep;

#[derive(Debug)]
struct Spawns;

#[daemon(name = "spawns", runtime = tokio, stop_timeout = "3s", drain = "1s")]
impl Spawns {
    fn new() -> Self {
        tokio::spawn(async { info!("new spawned") });
        Self
    }

    fn on_start(&mut self) {
        Handle::current().block_on(sleep(Duration::from_millis(10)));
        info!("on_start slept");
    }

    fn run(&mut self, context: &mut Context) {
        context.sleep(Duration::from_secs(60));
    }

    fn on_stop(&mut self) {
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(60)));
        info!("on_stop blocks a thread");
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Spawns>()
}
