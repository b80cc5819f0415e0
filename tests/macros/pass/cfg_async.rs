//! Async hooks, `new` and `validate` under `#[cfg]`: what refers to them goes with them.

use daemon_rt::{Daemon, daemon};

#[derive(serde::Deserialize)]
struct Settings {}

#[derive(Default)]
struct Server;

#[daemon(name = "server", runtime = tokio, config = Settings)]
impl Server {
    #[cfg(windows)]
    async fn new(_: Settings, handle: daemon_rt::Handle) -> Self {
        missing(handle)
    }

    #[cfg(not(windows))]
    fn new(_: Settings) -> Self {
        Self
    }

    #[cfg(windows)]
    fn validate(_: &Settings) -> Result<(), String> {
        missing()
    }

    #[cfg(windows)]
    async fn run(&self, handle: daemon_rt::Handle) {
        missing(handle);
    }

    #[cfg(unix)]
    fn run(&self) {}

    #[cfg(windows)]
    async fn on_reload(&self, settings: Settings) {
        missing(settings);
    }
}

fn main() {
    assert_eq!(Server::SPEC.name(), "server");
}
