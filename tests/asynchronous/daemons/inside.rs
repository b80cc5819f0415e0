//! A daemon of the attribute. Its `main` is inside of the runtime that `FLAVOUR` names, if any.
#![allow(clippy::expect_used, reason = "only tests use it")]

use std::process::ExitCode;

use daemon_rt::{Handle, daemon};
use tokio::runtime::Builder;

#[derive(Debug, Default)]
struct Inside;

#[daemon(name = "inside", runtime = tokio)]
impl Inside {
    async fn run(&self, handle: Handle) {
        handle.stopping().await;
    }
}

fn main() -> ExitCode {
    let mut runtime = match std::env::var("FLAVOUR").as_deref() {
        Ok("current_thread") => Builder::new_current_thread(),
        Ok("multi_thread") => Builder::new_multi_thread(),
        _ => return daemon_rt::main::<Inside>(),
    };
    let runtime = runtime.build().expect("a runtime");
    runtime.block_on(async {
        // A thread names itself when it begins to run.
        let _ = tokio::spawn(async {}).await;
        daemon_rt::main::<Inside>()
    })
}
