//! The program that follows the scripted daemon at an upgrade: another declaration of the same name.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod next {
    use daemon_rt::{ChildExit, Context, SignalInfo, daemon};
    use log::info;

    use super::script::perform;

    #[derive(Debug)]
    pub struct Next;

    #[daemon(
        name = "scripted",
        version = "2",
        signals = [SIGUSR1, SIGWINCH],
        title = "the next one"
    )]
    impl Next {
        fn new() -> Result<Self, String> {
            info!("the next program");
            perform("new", None)?;
            perform("next_new", None)?;
            Ok(Self)
        }

        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_start", Some(context))?;
            perform("next_start", None)
        }

        fn on_stop(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_stop", Some(context))
        }

        fn on_signal(&mut self, info: SignalInfo, context: &mut Context) -> Result<(), String> {
            info!("the next program got {info}");
            perform("on_signal", Some(context))
        }

        fn on_child(&mut self, exit: ChildExit, _: &mut Context) {
            info!("child {} ended: {}", exit.pid, exit.status);
        }

        #[every("20ms")]
        fn tick(&mut self) -> Result<(), String> {
            perform("next_tick", None)
        }
    }
}

fn main() -> ExitCode {
    if let Err(error) = script::perform("next_main", None) {
        eprintln!("{error}");
        return ExitCode::from(9);
    }
    daemon_rt::main::<next::Next>()
}
