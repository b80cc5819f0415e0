//! A daemon with settings, for the choices with the feature `config`.

use std::process::ExitCode;

mod configured {
    use daemon_rt::daemon;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    pub struct Settings {
        port: u16,
    }

    #[derive(Debug)]
    pub struct Configured(u16);

    #[daemon(name = "configured", config = Settings)]
    impl Configured {
        fn new(settings: Settings) -> Self {
            Self(settings.port)
        }

        #[every("1h")]
        fn wait(&mut self) {
            log::info!("port {}", self.0);
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<configured::Configured>()
}
