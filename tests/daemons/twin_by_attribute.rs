//! A daemon with something of everything; `twin_by_hand.rs` is the same without the attribute.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, io};

use daemon_rt::{Context, Signal, SignalInfo, daemon};
use log::info;

/// Says once of each kind of event that it came.
#[derive(Debug)]
struct Twin {
    directory: PathBuf,
    seen: Vec<&'static str>,
}

/// Logs each kind of event once,
/// and knows its directory.
///
/// This paragraph is for readers of the source.
#[daemon(
    name = "twin",
    version = env!("CARGO_PKG_VERSION"),
    signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 3]
)]
impl Twin {
    fn new() -> io::Result<Self> {
        Ok(Self {
            directory: env::current_dir()?,
            seen: vec![],
        })
    }

    fn on_start(&mut self) {
        info!("start in {}", self.directory.display());
    }

    fn run(&mut self, context: &mut Context) {
        self.once("run");
        context.sleep(Duration::from_millis(20));
    }

    fn on_reload(&mut self) -> io::Result<()> {
        self.directory = env::current_dir()?;
        self.once("reload");
        Ok(())
    }

    fn on_stop(&mut self) {
        self.once("stop");
    }

    fn on_signal(&mut self, signal: Signal) {
        info!("signal {signal} after {:?}", self.seen);
    }

    #[signal(SIGUSR1, SIGRTMIN + 3)]
    fn dump(&mut self, info: SignalInfo, context: &mut Context) {
        self.once("dump");
        info!("{}, sender known: {}", info.signal, info.sender.is_some());
        context.sleep(Duration::ZERO);
    }

    #[every("50ms")]
    fn flush(&mut self) {
        self.once("flush");
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
