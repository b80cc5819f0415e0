//! A daemon of async hooks on one thread of tokio, whose value and tasks are not `Send`.
#![allow(clippy::expect_used, clippy::panic, reason = "only tests use it")]

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::perform;
use daemon_rt::{
    AsyncHooks, Daemon, Event, Failure, Handle, Outcome, Resources, Signal, Spec, Tasks,
};
use log::info;
use nix::unistd::{ForkResult, fork};
use tests::support::script::actions;

#[derive(Debug, Default)]
struct AwaitsHere {
    turns: Rc<Cell<u32>>,
}

impl Daemon for AwaitsHere {
    const SPEC: Spec = Spec::new("awaits_here").signals(&[Signal::SIGUSR1, Signal::Realtime(3)]);
    type Life = Tasks;
}

impl AsyncHooks for AwaitsHere {
    fn block_on<F: Future>(life: F, left: fn() -> Duration) -> io::Result<F::Output> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let local = tokio::task::LocalSet::new();
        let output = local.block_on(&runtime, life);
        drop(local);
        runtime.shutdown_timeout(left());
        Ok(output)
    }

    async fn create(_: &mut Resources<'_>) -> Result<Self, Failure> {
        Ok(Self::default())
    }

    async fn dispatch(self: &Arc<Self>, event: Event<'_>, handle: &Handle) -> Outcome {
        let hook = match event {
            Event::Start => "on_start",
            Event::Run => {
                let turns = Rc::clone(&self.turns);
                let counted = tokio::task::spawn_local(async move { turns.set(turns.get() + 1) });
                let _ = counted.await;
                info!("turn {}", self.turns.get());
                "run"
            }
            Event::Stop => "on_stop",
            Event::Signal(Signal::Realtime(_), info) => {
                info!("value {}", info.value.unwrap_or(-1));
                "realtime"
            }
            Event::Signal(..) => {
                copy();
                "usr1"
            }
            _ => return Outcome::Unhandled,
        };
        Outcome::of(perform(hook, handle, sleep).await)
    }
}

/// `copy fork`: forks without `exec`, in the hook.
#[allow(unsafe_code, reason = "forks in place of the user's code")]
fn copy() {
    if actions("copy").is_empty() {
        return;
    }
    // SAFETY: no other thread has a lock that the child uses.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => info!("the copy goes on"),
        ForkResult::Parent { child } => info!("copied {child}"),
    }
}

fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(tokio::time::sleep(time))
}

fn main() -> ExitCode {
    daemon_rt::main::<AwaitsHere>()
}
