//! A daemon of async hooks on smol.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::perform;
use daemon_rt::{
    AsyncHooks, Daemon, Event, Failure, Handle, Outcome, Resources, Signal, Spec, Tasks,
};

#[derive(Debug)]
struct AwaitsSmol;

impl Daemon for AwaitsSmol {
    const SPEC: Spec = Spec::new("awaits_smol").signals(&[Signal::SIGUSR1]);
    type Life = Tasks;
}

impl AsyncHooks for AwaitsSmol {
    fn block_on<F: Future>(life: F, _left: fn() -> Duration) -> io::Result<F::Output> {
        Ok(smol::block_on(life))
    }

    async fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn dispatch(self: &Arc<Self>, event: Event<'_>, handle: &Handle) -> Outcome {
        let hook = match event {
            Event::Start => "on_start",
            Event::Run => "run",
            Event::Stop => "on_stop",
            Event::Signal(..) => "usr1",
            _ => return Outcome::Unhandled,
        };
        Outcome::of(perform(hook, handle, sleep).await)
    }
}

fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        smol::Timer::after(time).await;
    })
}

fn main() -> ExitCode {
    daemon_rt::main::<AwaitsSmol>()
}
