//! Every hook as `async`, with and without what it may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daemon_rt::{ChildExit, Daemon, Handle, Signal, SignalInfo, daemon};

#[derive(Default)]
struct Server {
    turns: AtomicU64,
}

#[daemon(name = "server", signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 1], runtime = tokio, drain = "5s")]
impl Server {
    async fn new(handle: Handle) -> Result<Self, String> {
        handle.status("new");
        Ok(Self::default())
    }

    async fn on_start(self: Arc<Self>) {
        let server = Arc::clone(&self);
        tokio::spawn(async move { server.turns.fetch_add(1, Ordering::Relaxed) });
    }

    async fn run(&self, handle: Handle) -> Result<(), std::io::Error> {
        handle.stopping().await;
        Ok(())
    }

    async fn on_reload(&self, handle: &Handle) {
        handle.status("reloaded");
    }

    // Hooks that are not `async` stand beside those that are.
    fn on_stop(&self) {}

    async fn on_signal(&self, _: Signal, _: Handle) {}

    #[signal(SIGUSR1)]
    async fn dump(self: Arc<Self>, _: SignalInfo, _: &Handle) {}

    #[signal(SIGUSR2)]
    fn print(&self, handle: Handle) {
        handle.stop();
    }

    async fn on_child(&self, _: ChildExit) -> Result<(), String> {
        Ok(())
    }

    #[every("30s")]
    async fn flush(&self) {}

    // An `Arc` has a method of this name.
    #[every("1m")]
    async fn clone(&self) {}
}

fn main() {
    assert_eq!(Server::SPEC.name(), "server");
}
