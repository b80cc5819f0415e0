//! A daemon that begins again after a panic, with every method that may panic.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod restarts_on_panic {
    use std::time::Duration;

    use daemon_rt::{ChildExit, Context, daemon};

    use super::script::perform;

    #[derive(Debug)]
    pub struct RestartsOnPanic;

    #[daemon(name = "restarts_on_panic", signals = [SIGUSR1], on_panic = "restart")]
    impl RestartsOnPanic {
        fn new() -> Result<Self, String> {
            perform("new", None)?;
            Ok(Self)
        }

        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_start", Some(context))
        }

        fn run(&mut self, context: &mut Context) -> Result<(), String> {
            perform("run", Some(context))?;
            context.sleep(Duration::from_secs(60));
            Ok(())
        }

        #[every("20ms")]
        fn tick(&mut self, context: &mut Context) -> Result<(), String> {
            perform("tick", Some(context))
        }

        fn on_reload(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_reload", Some(context))
        }

        #[signal(SIGUSR1)]
        fn on_usr1(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_usr1", Some(context))
        }

        fn on_child(&mut self, exit: ChildExit, context: &mut Context) -> Result<(), String> {
            log::info!("child {} ended: {}", exit.pid, exit.status);
            perform("on_child", Some(context))
        }

        fn on_stop(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_stop", Some(context))
        }
    }

    impl Drop for RestartsOnPanic {
        fn drop(&mut self) {
            // An error has nowhere to go from here.
            let _ = perform("drop", None);
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<restarts_on_panic::RestartsOnPanic>()
}
