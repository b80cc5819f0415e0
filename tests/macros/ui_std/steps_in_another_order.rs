//! A daemon by hand that takes the lock before it forks.

use std::process::ExitCode;

use daemon_rt::{Context, Daemon, Event, Failure, Outcome, Spec, Step};

struct Server;

impl Daemon for Server {
    const SPEC: Spec = Spec::new("server");
    const STEPS: &'static [Step] = &[Step::Check, Step::TakeLock, Step::Fork];

    fn create() -> Result<Self, Failure> {
        Ok(Self)
    }

    fn dispatch(&mut self, _: Event, _: &mut Context) -> Outcome {
        Outcome::Unhandled
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Server>()
}
