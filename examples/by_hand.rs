//! A daemon without the attribute, for any probe; `#[daemon]` accepts no generic type.

use std::marker::PhantomData;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, io};

use daemon_rt::spec::Timer;
use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Signal, Spec, Turns};
use log::{info, warn};

/// A measurable quantity with a lower limit.
trait Probe: 'static {
    const NAME: &'static str;
    const LIMIT: u64;
    fn measure() -> io::Result<u64>;
}

/// Measures every second, and warns below the limit.
struct Watch<P> {
    least: u64,
    probe: PhantomData<P>,
}

impl<P: Probe> Daemon for Watch<P> {
    const SPEC: Spec = Spec::new(P::NAME)
        .signals(&[Signal::SIGUSR1])
        .timers(&[Timer::new("measure", Duration::from_secs(1))]);
    type Life = Turns;
}

impl<P: Probe> Hooks for Watch<P> {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        let least = P::measure().map_err(|error| Failure::new(&error))?;
        let probe = PhantomData;
        Ok(Self { least, probe })
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => context.status("measuring"),
            Event::Timer("measure") => return Outcome::of(self.measure()),
            Event::Signal(Signal::SIGUSR1, _) => info!("at least {} MB", self.least),
            // Without `run` the loop waits. Without a reload of its own it stops and starts.
            _ => return Outcome::Unhandled,
        }
        Outcome::Done
    }
}

impl<P: Probe> Watch<P> {
    fn measure(&mut self) -> io::Result<()> {
        let now = P::measure()?;
        self.least = self.least.min(now);
        if now < P::LIMIT {
            warn!("only {now} MB");
        }
        Ok(())
    }
}

/// The memory available to programs, in MB; proc_meminfo(5).
struct Memory;

impl Probe for Memory {
    const NAME: &'static str = "by_hand";
    const LIMIT: u64 = 64;
    fn measure() -> io::Result<u64> {
        let text = fs::read_to_string("/proc/meminfo")?;
        let mut words = text.split_whitespace();
        words.find(|word| *word == "MemAvailable:");
        let kilobytes: Option<u64> = words.next().and_then(|word| word.parse().ok());
        let megabytes = kilobytes.map(|kilobytes| kilobytes / 1000);
        megabytes.ok_or(io::ErrorKind::InvalidData.into())
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Watch<Memory>>()
}
