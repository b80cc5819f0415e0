//! `written.rs` without the attribute.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io};

use daemon_rt::spec::Timer;
use daemon_rt::{
    Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Signal, SignalInfo, Spec, Turns,
};
use log::info;

/// Says once of each kind of event that it came.
#[derive(Debug)]
struct Twin {
    directory: PathBuf,
    seen: Vec<&'static str>,
}

impl Daemon for Twin {
    const SPEC: Spec = Spec::new("twin")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Logs each kind of event once, and knows its directory.")
        .signals(&[Signal::SIGUSR1, Signal::SIGUSR2, Signal::Realtime(3)])
        .timers(&[Timer::new("flush", Duration::from_millis(50))]);
    type Life = Turns;
}

impl Hooks for Twin {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self {
            directory: env::current_dir().map_err(|error| Failure::new(&error))?,
            seen: vec![],
        })
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => info!("start in {}", self.directory.display()),
            Event::Run => {
                self.once("run");
                context.sleep(Duration::from_millis(20));
            }
            Event::Reload(_) => return Outcome::of(self.reload()),
            Event::Stop => self.once("stop"),
            Event::Signal(Signal::SIGUSR1 | Signal::Realtime(3), info) => self.dump(info),
            Event::Signal(signal, _) => info!("signal {signal} after {:?}", self.seen),
            Event::Timer(_) => self.once("flush"),
            _ => return Outcome::Unhandled,
        }
        Outcome::Done
    }
}

impl Twin {
    fn reload(&mut self) -> io::Result<()> {
        self.directory = env::current_dir()?;
        self.once("reload");
        Ok(())
    }

    fn dump(&mut self, info: SignalInfo) {
        self.once("dump");
        info!("{}, sender known: {}", info.signal, info.sender.is_some());
    }

    fn once(&mut self, event: &'static str) {
        if !self.seen.contains(&event) {
            self.seen.push(event);
            info!("{event}");
        }
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Twin>()
}
