//! A daemon whose hooks do what its script says.

use std::process::ExitCode;

use tests::support::script;

#[allow(clippy::unused_self, reason = "hooks are methods")]
mod scripted {
    use daemon_rt::{ChildExit, Context, SignalInfo, daemon};
    use log::info;

    use super::script::perform;

    #[derive(Debug)]
    pub struct Scripted;

    #[daemon(name = "scripted", signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 3])]
    impl Scripted {
        fn new() -> Result<Self, String> {
            perform("new", None)?;
            Ok(Self)
        }

        fn on_start(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_start", Some(context))
        }

        fn run(&mut self, context: &mut Context) -> Result<(), String> {
            perform("run", Some(context))?;
            context.sleep(std::time::Duration::from_secs(60));
            Ok(())
        }

        fn on_stop(&mut self, context: &mut Context) -> Result<(), String> {
            perform("on_stop", Some(context))
        }

        fn on_signal(&mut self, info: SignalInfo, context: &mut Context) -> Result<(), String> {
            info!("got {info}, value {:?}", info.value);
            perform("on_signal", Some(context))
        }

        fn on_child(&mut self, exit: ChildExit, context: &mut Context) -> Result<(), String> {
            info!("child {} ended: {}", exit.pid, exit.status);
            perform("on_child", Some(context))
        }
    }

    impl Drop for Scripted {
        fn drop(&mut self) {
            // An error has nowhere to go from here.
            let _ = perform("drop", None);
        }
    }
}

fn main() -> ExitCode {
    // What runs before the verb: in the process that the user started.
    if let Err(error) = script::perform("main", None) {
        eprintln!("{error}");
    }
    daemon_rt::main::<scripted::Scripted>()
}
