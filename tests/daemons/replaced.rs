//! A daemon with settings, written by hand, which a reload replaces by another value.

use std::process::ExitCode;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Turns};
use log::info;
use tests::support::script::perform;
use tests::support::settings::{Settings, validate};

#[derive(Debug)]
struct Replaced(Settings);

impl Daemon for Replaced {
    const SPEC: Spec = Spec::new("replaced").config();
    type Life = Turns;

    fn check_settings(resources: &Resources<'_>) -> Result<(), Failure> {
        validate(&resources.settings()?)
    }
}

impl Hooks for Replaced {
    fn create(resources: &mut Resources<'_>) -> Result<Self, Failure> {
        let settings: Settings = resources.settings()?;
        if settings.port == 98 {
            return Err(Failure::new(&"port 98 is not free"));
        }
        info!("made {}", settings.port);
        Ok(Self(settings))
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start if self.0.port == 99 => Outcome::Failed(Failure::new(&"port 99 is taken")),
            Event::Start => {
                info!("serving {}", self.0.port);
                Outcome::of(perform("on_start", Some(context)))
            }
            Event::Stop => {
                info!("stopped {}", self.0.port);
                Outcome::Done
            }
            _ => Outcome::Unhandled,
        }
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        info!("dropped {}", self.0.port);
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Replaced>()
}
