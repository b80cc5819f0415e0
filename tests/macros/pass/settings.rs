//! Settings in a daemon of sync hooks.

use std::collections::HashMap;

use daemon_rt::{Context, Daemon, daemon};
use serde::Deserialize;

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    cache: u64,
}

struct Server {
    settings: Settings,
}

#[daemon(name = "server", config = Settings, config_file = "/srv/server.toml")]
impl Server {
    fn new(context: &mut Context, mut settings: Settings) -> Self {
        context.status("new");
        settings.cache += 1;
        Self { settings }
    }

    fn validate(settings: &Settings) -> Result<(), String> {
        match settings.cache {
            0 => Err("cache is 0".into()),
            _ => Ok(()),
        }
    }

    fn on_reload(&mut self, settings: Settings, _: &mut Context) -> Result<(), String> {
        self.settings = settings;
        Ok(())
    }

    fn run(&mut self) {}
}

/// Without `validate` and `on_reload`, and with a type that has a comma.
struct Mapped {
    size: usize,
}

#[daemon(name = "mapped", config = HashMap<String, u64>)]
impl Mapped {
    fn new(map: HashMap<String, u64>) -> Result<Self, String> {
        Ok(Self { size: map.len() })
    }

    fn run(&mut self) {
        self.size += 1;
    }
}

/// A daemon without settings may have a method of this name.
#[derive(Default)]
struct Plain;

#[daemon(name = "plain")]
impl Plain {
    fn run(&mut self) {
        self.validate();
    }

    fn validate(&self) {}
}

fn main() {
    assert!(format!("{:?}", Server::SPEC).contains("config_file: Some(\"/srv/server.toml\")"));
    assert_eq!([Mapped::SPEC.name(), Plain::SPEC.name()], ["mapped", "plain"]);
}
