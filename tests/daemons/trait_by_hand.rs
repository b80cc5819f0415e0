//! A daemon without the attribute: the trait, written by hand.

use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Signal, Spec, Turns};
use tests::support::script::perform;

#[derive(Debug)]
struct TraitByHand;

impl Daemon for TraitByHand {
    const SPEC: Spec = Spec::new("trait-by-hand").signals(&[Signal::SIGUSR1]);
    type Life = Turns;
}

impl Hooks for TraitByHand {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => Outcome::of(perform("on_start", Some(context))),
            Event::Run => {
                let done = Outcome::of(perform("run", Some(context)));
                context.sleep(Duration::from_secs(60));
                done
            }
            Event::Stop => Outcome::of(perform("on_stop", Some(context))),
            Event::Signal(..) => Outcome::of(perform("on_signal", Some(context))),
            _ => Outcome::Unhandled,
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<TraitByHand>()
}
