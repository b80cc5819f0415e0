//! Settings in a daemon of async hooks.

use std::io;
use std::sync::Mutex;

use daemon_rt::{Daemon, Handle, daemon};
use serde::Deserialize;

#[derive(Deserialize)]
struct Settings {
    greeting: String,
}

struct Server {
    settings: Mutex<Settings>,
}

#[daemon(name = "server", runtime = tokio, config = Settings)]
impl Server {
    fn validate(settings: &Settings) -> Result<(), String> {
        match settings.greeting.is_empty() {
            true => Err("greeting is empty".into()),
            false => Ok(()),
        }
    }

    async fn new(settings: Settings, _: &Handle) -> io::Result<Self> {
        let settings = Mutex::new(settings);
        Ok(Self { settings })
    }

    async fn run(&self, handle: Handle) {
        handle.stopping().await;
    }

    async fn on_reload(&self, settings: Settings, _: Handle) -> Result<(), String> {
        *self.settings.lock().map_err(|error| error.to_string())? = settings;
        Ok(())
    }
}

fn main() {
    assert_eq!(Server::SPEC.name(), "server");
}
