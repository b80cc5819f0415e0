//! The life of a daemon whose hooks are futures: each in a slot of its own, and all of them polled by
//! the user's runtime, on the thread of the loop.
//!
//! The life is one future. It is over when `on_stop` is, and then the runtime is shut down.

mod again;
mod call;
mod end;
mod hook;
mod host;
mod reload;
mod slots;
mod span;
mod start;
mod waker;
mod watcher;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use self::host::Host;
use super::runtime::Runtime;
use super::{enter, exit, panics, unended_runtime, without_runtime};
use crate::context::wait::{self, HookKind};
use crate::daemon::{AsyncHooks, Life, Tasks};
use crate::detach::Detached;
use crate::os::console::TARGET;
use crate::os::deadline;

impl<D: AsyncHooks> Life<D> for Tasks {
    fn serve(mut detached: Box<Detached>) -> ! {
        enter(&mut detached);
        // Until the first hook: a panic is that of the user's `block_on`.
        wait::change(|now| now.hooks = HookKind::Polled);
        let mut runtime = Runtime::new::<D>(detached);
        exit(live::<D>(&mut runtime))
    }
}

/// How the life ended, before the end of the user's runtime.
struct Ended {
    code: u8,
    at: Instant,
    /// The time that the runtime then had.
    left: Duration,
}

/// Lives inside of the user's runtime. Returns the exit code.
fn live<D: AsyncHooks>(runtime: &mut Runtime) -> u8 {
    let mut ended = None;
    let life = async {
        wait::change(|now| now.hooks = HookKind::Future);
        let code = live_in::<D>(runtime).await;
        ended = Some(Ended {
            code,
            at: Instant::now(),
            left: deadline::left(),
        });
    };
    let run = catch_unwind(AssertUnwindSafe(|| D::block_on(life, deadline::left)));
    match (ended, run) {
        (Some(ended), Ok(Ok(()))) => {
            note_shutdown(&ended);
            ended.code
        }
        (Some(ended), Ok(Err(error))) => ended.code.max(unended_runtime(&error)),
        // It is in the log.
        (Some(_), Err(_)) => panics::PANICKED,
        (None, Ok(Err(error))) => without_runtime::<D>(runtime, &error),
        (None, Ok(Ok(()))) => 1,
        (None, Err(payload)) => {
            // As after a panic of a hook, its destructor may panic once more.
            std::mem::forget(payload);
            panics::caught("runtime");
            runtime.finish();
            panics::PANICKED
        }
    }
}

/// The life itself.
async fn live_in<D: AsyncHooks>(runtime: &mut Runtime) -> u8 {
    match Host::begin(runtime) {
        Ok(mut host) => host.live::<D>().await,
        Err((runtime, error)) => without_runtime::<D>(runtime, &error),
    }
}

/// Logs how long the end of the runtime took.
fn note_shutdown(ended: &Ended) {
    let took = ended.at.elapsed();
    if took >= ended.left && !ended.left.is_zero() {
        log::warn!(
            target: TARGET,
            "ended the runtime after {took:?}, without a task that blocks and has not returned"
        );
    } else {
        log::debug!(target: TARGET, "ended the runtime in {took:?}");
    }
}
