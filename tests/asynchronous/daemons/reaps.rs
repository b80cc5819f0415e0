//! A daemon of async hooks that reaps every child, also those for which tokio waits.
#![allow(clippy::expect_used, reason = "only tests use it")]

use std::process::ExitCode;

use daemon_rt::{ChildExit, Handle, daemon};
use log::info;
use tokio::process::Command;
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Reaps {
    told: Notify,
}

#[daemon(name = "reaps", children = "reap", runtime = tokio)]
impl Reaps {
    async fn run(&self, handle: Handle) {
        let mut late = Command::new("sh");
        let mut late = late.args(["-c", "exit 7"]).spawn().expect("a child");
        self.told.notified().await;
        info!("wait after the end: {:?}", late.wait().await);
        let mut waited = 0;
        for _ in 0..50 {
            waited += u32::from(Command::new("true").status().await.is_ok());
        }
        info!("each wait ended; tokio has {waited}");
        handle.stopping().await;
    }

    fn on_child(&self, exit: ChildExit) {
        info!("child ended: {}", exit.status);
        self.told.notify_one();
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Reaps>()
}
