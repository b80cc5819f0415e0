//! A daemon with a reload of its own, no `run`, and a list of what it keeps of the environment.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod own_reload {
    use daemon_rt::{Context, daemon};

    use super::script::perform;

    #[derive(Debug, Default)]
    pub struct OwnReload;

    #[daemon(
        name = "own_reload",
        env = ["DAEMON_RT_SCRIPT", "DAEMON_RT_TEST", "LISTED"],
        hang_after = "300ms"
    )]
    impl OwnReload {
        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_start", Some(context))
        }

        #[every("50ms")]
        fn tick(&mut self) {}

        fn on_reload(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_reload", Some(context))
        }

        fn on_stop(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_stop", Some(context))
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<own_reload::OwnReload>()
}
