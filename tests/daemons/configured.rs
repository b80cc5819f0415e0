//! A daemon with settings, written by hand, whose `on_reload` takes them.

use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Turns};
use log::info;
use tests::support::script::perform;
use tests::support::settings::{Settings, validate};

#[derive(Debug)]
struct Configured(Settings);

impl Configured {
    fn on_reload(&mut self, settings: Settings) -> Result<(), String> {
        if settings.port == 99 {
            return Err("port 99 is taken".to_owned());
        }
        info!("{} took the place of {}", settings.port, self.0.port);
        self.0 = settings;
        Ok(())
    }
}

impl Daemon for Configured {
    const SPEC: Spec = Spec::new("configured")
        .config()
        .hang_after(Duration::from_secs(30));
    type Life = Turns;

    fn check_settings(resources: &Resources<'_>) -> Result<(), Failure> {
        validate(&resources.settings()?)
    }
}

impl Hooks for Configured {
    fn create(resources: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self(resources.settings()?))
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => {
                info!("serving {} with {}", self.0.port, self.0.greeting);
                Outcome::of(perform("on_start", Some(context)))
            }
            Event::Run => {
                info!("turn of {}", self.0.port);
                let done = Outcome::of(perform("run", Some(context)));
                context.sleep(Duration::from_secs(60));
                done
            }
            Event::Reload(resources) => match resources.settings() {
                Ok(settings) => Outcome::of(self.on_reload(settings)),
                Err(failure) => Outcome::Failed(failure),
            },
            Event::Stop => Outcome::of(perform("on_stop", Some(context))),
            _ => Outcome::Unhandled,
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Configured>()
}
