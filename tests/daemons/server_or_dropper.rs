//! The daemons that the init systems run: `server` as root, `dropper` as another user, by the name
//! of the program.
#![allow(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "a hook has the signature that its daemon may need one day"
)]

use std::process::ExitCode;

mod server {
    use std::fs;
    use std::time::Duration;

    use daemon_rt::{Context, Signal, daemon};
    use log::info;

    /// Logs what happens to it; hangs on SIGUSR1.
    #[derive(Debug, Default)]
    pub struct Server;

    #[daemon(name = "server", signals = [SIGUSR1])]
    impl Server {
        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            // A child must not find the manager's variables.
            for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
                if std::env::var_os(name).is_some() {
                    return Err(format!("{name} is still set"));
                }
            }
            if fs::exists("/run/server-fails").unwrap_or_default() {
                return Err("told to fail".into());
            }
            // Longer than the unit's time-out, if the variable is set, but with an announcement.
            for step in 0..steps() {
                context.status(&format!("step {step}"));
                context.sleep(Duration::from_millis(500));
            }
            context.status("at work");
            info!("started");
            Ok(())
        }

        fn run(&mut self, context: &mut Context) {
            context.sleep(Duration::from_secs(3600));
        }

        fn on_reload(&mut self) -> Result<(), String> {
            info!("reloaded");
            Ok(())
        }

        fn on_stop(&mut self) {
            info!("stopped");
        }

        fn on_signal(&mut self, signal: Signal) {
            info!("hangs at {signal}");
            std::thread::sleep(Duration::from_secs(3600));
        }
    }

    fn steps() -> u32 {
        let text = fs::read_to_string("/run/server-steps").unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }
}

mod dropper {
    use std::time::Duration;

    use daemon_rt::{Context, daemon};

    /// Root's to start, another user's to run.
    #[derive(Debug, Default)]
    pub struct Dropper;

    #[daemon(name = "dropper", user = "games")]
    impl Dropper {
        fn run(&mut self, context: &mut Context) {
            context.sleep(Duration::from_secs(3600));
        }
    }
}

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if name.to_string_lossy().ends_with("dropper") {
        daemon_rt::main::<dropper::Dropper>()
    } else {
        daemon_rt::main::<server::Server>()
    }
}
