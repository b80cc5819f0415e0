//! A daemon with settings, written by hand, which a reload replaces by another value.

use std::process::ExitCode;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Turns};
use log::info;
use tests::support::script::perform;
use tests::support::settings::{Settings, validate};

#[derive(Debug)]
struct Replaced(Settings);

/// Performs the lines of the script for a hook of one port, such as `on_start_99`.
fn perform_of(settings: &Settings, hook: &str, context: &mut Context) -> Result<(), String> {
    perform(&format!("{hook}_{}", settings.port), Some(context))
}

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
        perform_of(&settings, "new", resources.context()?).map_err(|text| Failure::new(&text))?;
        info!("made {}", settings.port);
        Ok(Self(settings))
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => match perform_of(&self.0, "on_start", context) {
                Ok(()) => {
                    info!("serving {}", self.0.port);
                    Outcome::Done
                }
                Err(text) => Outcome::Failed(Failure::new(&text)),
            },
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
        let _ = perform(&format!("drop_{}", self.0.port), None);
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Replaced>()
}
