//! A daemon with a listener of each kind, by hand.

use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::spec::Listener;
use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Turns};
use tests::support::script::perform;

#[derive(Debug)]
struct Listens;

impl Daemon for Listens {
    const SPEC: Spec = Spec::new("listens").listen(&[
        const { Listener::new("http", "127.0.0.1:0") },
        const { Listener::new("dns", "udp:127.0.0.1:0") },
        const { Listener::new("admin", "unix:admin.sock") },
        const { Listener::new("events", "unixgram:events.sock?mode=0600") },
    ]);
    type Life = Turns;
}

impl Hooks for Listens {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        perform("new", None).map_err(|error| Failure::new(&error))?;
        Ok(Self)
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => Outcome::of(perform("on_start", Some(context))),
            Event::Run => {
                context.sleep(Duration::from_secs(60));
                Outcome::Unhandled
            }
            Event::Stop => Outcome::of(perform("on_stop", Some(context))),
            _ => Outcome::Unhandled,
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Listens>()
}
