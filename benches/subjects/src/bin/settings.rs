//! Reads the file of settings that the first argument names, and prints why it cannot.

use std::process::ExitCode;

#[path = "../../../../daemon-rt/src/config/tests/mistakes/settings.rs"]
#[allow(dead_code, reason = "it is only read")]
mod settings;

#[cfg(feature = "settings-toml")]
fn main() -> ExitCode {
    tell(|path| {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let read: Result<settings::Settings, _> = toml::from_str(&text);
        read.map(drop).map_err(|error| format!("{path}: {error}"))
    })
}

#[cfg(feature = "settings-figment")]
fn main() -> ExitCode {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    tell(|path| {
        let read = Figment::new()
            .merge(Toml::file(path))
            .extract::<settings::Settings>();
        read.map(drop).map_err(|error| error.to_string())
    })
}

#[cfg(feature = "settings-config")]
fn main() -> ExitCode {
    use config::{Config, File};

    tell(|path| {
        let builder = Config::builder().add_source(File::with_name(path));
        let read = builder
            .build()
            .and_then(Config::try_deserialize::<settings::Settings>);
        read.map(drop).map_err(|error| error.to_string())
    })
}

#[cfg(feature = "settings-systemdaemon")]
mod wrapped {
    use serde::{Deserialize, Serialize, Serializer};

    /// systemdaemon asks this of a type of settings. It writes none while the file is there.
    #[derive(Debug, Clone, Deserialize)]
    #[serde(transparent)]
    pub(crate) struct Wrapped(
        #[allow(dead_code, reason = "it is only read")] super::settings::Settings,
    );

    impl Default for Wrapped {
        fn default() -> Self {
            std::process::abort()
        }
    }

    impl Serialize for Wrapped {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }
}

#[cfg(feature = "settings-systemdaemon")]
fn main() -> ExitCode {
    // Its log names the file, its error does not.
    systemdaemon::Daemon::default().setup_logger(tracing::Level::INFO);
    tell(|path| {
        let path = path.as_ref();
        let read = systemdaemon::ServiceConfig::<wrapped::Wrapped, _>::try_load_toml(path);
        read.map(drop).map_err(|error| error.to_string())
    })
}

#[cfg(not(feature = "settings-daemon-rt"))]
fn tell(read: impl FnOnce(&str) -> Result<(), String>) -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_default();
    match read(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "settings-daemon-rt")]
mod bench {
    use daemon_rt::daemon;

    use super::settings::Settings;

    pub(crate) struct Bench;

    #[daemon(name = "bench", config = Settings)]
    impl Bench {
        fn new(_settings: Settings) -> Self {
            Self
        }

        #[every("7d")]
        fn idle(&mut self) {}
    }
}

#[cfg(feature = "settings-daemon-rt")]
fn main() -> ExitCode {
    daemon_rt::main::<bench::Bench>()
}
