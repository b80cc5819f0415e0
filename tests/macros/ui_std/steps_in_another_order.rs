//! A daemon by hand that takes the lock before it forks.

use std::process::ExitCode;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Step, Turns};

struct Server;

impl Daemon for Server {
    const SPEC: Spec = Spec::new("server");
    const STEPS: &'static [Step] = &[Step::Check, Step::TakeLock, Step::Fork];
    type Life = Turns;
}

impl Hooks for Server {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn dispatch(&mut self, _: Event<'_>, _: &mut Context) -> Outcome {
        Outcome::Unhandled
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
