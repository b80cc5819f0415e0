//! A subsystem that sleeps, and beside it a blocking task that never ends if the bench says so.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::convert::Infallible;
use std::time::Duration;

use bench_subjects::hook;
use tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};

#[tokio::main]
async fn main() {
    let toplevel = Toplevel::new(async |handle: &mut SubsystemHandle| {
        handle.start(SubsystemBuilder::new("sleep", sleep));
    });
    let toplevel = toplevel.catch_signals();
    let ended = toplevel.handle_shutdown_requests(bench_subjects::stop_timeout());
    ended.await.unwrap();
}

async fn sleep(handle: &mut SubsystemHandle) -> Result<(), Infallible> {
    if std::env::var_os("BENCH_STUCK").is_some() {
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::MAX));
    }
    hook();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(30)) => {}
        () = handle.on_shutdown_requested() => {}
    }
    Ok(())
}
