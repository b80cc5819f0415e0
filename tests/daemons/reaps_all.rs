//! A daemon that waits for every child, as the seed did.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod reaps_all {
    use std::time::Duration;

    use daemon_rt::{ChildExit, Context, daemon};
    use log::info;

    use super::script::perform;

    #[derive(Debug, Default)]
    pub struct ReapsAll;

    #[daemon(name = "reaps_all", children = "reap")]
    impl ReapsAll {
        fn run(&mut self, context: &mut Context) -> Result<(), String> {
            perform("run", Some(context))?;
            context.sleep(Duration::from_secs(60));
            Ok(())
        }

        fn on_child(&mut self, exit: ChildExit) {
            info!("child {} ended: {}", exit.pid, exit.status);
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<reaps_all::ReapsAll>()
}
