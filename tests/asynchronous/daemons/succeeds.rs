//! An async daemon with settings, which a reload replaces by another value.

use std::process::ExitCode;

#[allow(clippy::unused_async, reason = "hooks are futures")]
mod succeeds {
    use std::process::{Command, Stdio};

    use daemon_rt::{Handle, daemon};
    use log::info;
    use tests::support::settings::Settings;

    #[derive(Debug)]
    pub struct Succeeds(u16);

    fn spawn(handle: &Handle) -> Result<(), String> {
        let mut sleep = Command::new("sleep");
        // Not the streams of the caller, who waits for their end.
        let sleep = sleep
            .arg("1000")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        handle
            .spawn(sleep)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[daemon(name = "succeeds", config = Settings, runtime = tokio)]
    impl Succeeds {
        async fn new(settings: Settings, handle: Handle) -> Result<Self, String> {
            let port = settings.port;
            spawn(&handle)?;
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

        async fn on_start(&self, handle: Handle) -> Result<(), String> {
            if self.0 == 99 {
                spawn(&handle)?;
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
