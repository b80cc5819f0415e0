//! An async daemon whose `on_reload` takes its settings.

use std::process::ExitCode;

#[allow(clippy::unused_async, reason = "hooks are futures")]
mod follows {
    use std::sync::Mutex;

    use daemon_rt::{Handle, daemon};
    use log::info;
    use tests::support::settings::Settings;

    #[derive(Debug)]
    pub struct Follows(Mutex<Settings>);

    #[daemon(name = "follows", config = Settings, runtime = tokio)]
    impl Follows {
        async fn new(settings: Settings) -> Self {
            info!("made {}", settings.port);
            Self(Mutex::new(settings))
        }

        fn validate(settings: &Settings) -> Result<(), daemon_rt::Failure> {
            tests::support::settings::validate(settings)
        }

        async fn run(&self, handle: Handle) {
            info!("run begins");
            handle.stopping().await;
        }

        async fn on_reload(&self, settings: Settings) -> Result<(), String> {
            if settings.port == 99 {
                return Err("port 99 is taken".to_owned());
            }
            let Ok(mut old) = self.0.lock() else {
                return Err("a hook panicked".to_owned());
            };
            info!("{} took the place of {}", settings.port, old.port);
            *old = settings;
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<follows::Follows>()
}
