//! A daemon whose hooks are called, inside of tokio: `run` waits there for what it spawns.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::{Context, Daemon, Event, Failure, Hooks, Outcome, Resources, Spec, Turns};
use log::info;
use tests::support::script;
use tokio::runtime::{Builder, Handle};

#[derive(Debug)]
struct Surrounded;

impl Daemon for Surrounded {
    const SPEC: Spec = Spec::new("surrounded");
    type Life = Turns;
}

impl Hooks for Surrounded {
    fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Run => {
                let handle = context.handle();
                drop(tokio::spawn(async { info!("a task runs") }));
                Handle::current().block_on(handle.stopping());
                info!("run ends");
            }
            Event::Stop => info!("on_stop ends"),
            _ => return Outcome::Unhandled,
        }
        Outcome::Done
    }

    fn surround(serve: impl FnOnce() -> u8, left: fn() -> Duration) -> io::Result<u8> {
        // Asked too early: it must not begin a stop.
        let _ = left();
        let panics = std::env::var("SURROUNDED_PANICS").unwrap_or_default();
        assert!(panics != "before", "no luck");
        if panics == "never" {
            return Ok(0);
        }
        if std::env::var_os("SURROUNDED_FAILS").is_some() {
            return Err(io::Error::other("no luck"));
        }
        script::perform("surround", None).map_err(io::Error::other)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).build()?;
        let entered = runtime.enter();
        let code = serve();
        drop(entered);
        runtime.shutdown_timeout(left());
        assert!(panics != "after", "no luck");
        Ok(code)
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Surrounded>()
}
