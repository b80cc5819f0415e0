//! The settings of the daemons `configured` and `replaced`.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon_rt::Failure;
use serde::Deserialize;

/// What the file, the environment and the command line may set.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub port: u16,
    pub greeting: String,
    pub db: Database,
    pub labels: BTreeMap<String, String>,
}

/// A table of [`Settings`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Database {
    pub url: String,
    pub password: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 80,
            greeting: "hello".to_owned(),
            db: Database::default(),
            labels: BTreeMap::new(),
        }
    }
}

/// Refuses some ports, each in a way of its own.
///
/// # Errors
/// For the ports 13 and 17.
pub fn validate(settings: &Settings) -> Result<(), Failure> {
    match settings.port {
        13 => Err(Failure::new(&"port 13 brings bad luck")),
        14 => panic!("port 14 cannot be thought of"),
        15 => {
            std::thread::sleep(Duration::from_secs(120));
            Ok(())
        }
        16 => std::process::abort(),
        17 => Err(Failure::new(&"")),
        _ => Ok(()),
    }
}
