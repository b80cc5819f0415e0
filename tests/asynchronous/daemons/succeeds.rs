//! An async daemon with settings, which a reload replaces by another value.

use std::process::ExitCode;

#[allow(clippy::unused_async, reason = "hooks are futures")]
mod succeeds {
    use daemon_rt::{Handle, daemon};
    use log::info;
    use tests::support::settings::Settings;

    #[derive(Debug)]
    pub struct Succeeds(u16);

    #[daemon(name = "succeeds", config = Settings, runtime = tokio)]
    impl Succeeds {
        async fn new(settings: Settings, handle: Handle) -> Result<Self, String> {
            let port = settings.port;
            if port == 98 {
                return Err("port 98 is not free".to_owned());
            }
            info!("made {port}");
            // From before the old value stops, until this one does.
            tokio::spawn(async move {
                handle.stopping().await;
                info!("task of {port} ends");
            });
            Ok(Self(port))
        }

        async fn on_start(&self) -> Result<(), String> {
            if self.0 == 99 {
                return Err("port 99 is taken".to_owned());
            }
            info!("serving {}", self.0);
            Ok(())
        }

        async fn run(&self, handle: Handle) {
            info!("run of {}", self.0);
            handle.stopping().await;
        }

        async fn on_stop(&self) {
            info!("stopped {}", self.0);
        }
    }

    impl Drop for Succeeds {
        fn drop(&mut self) {
            info!("dropped {}", self.0);
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<succeeds::Succeeds>()
}
