//! The life of a daemon whose hooks are futures: each in a slot of its own, and all of them polled
//! by the user's runtime, on the thread of the loop.
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

use std::mem;
use std::time::{Duration, Instant};

use self::host::Host;
use self::watcher::Watcher;
use super::fault::Fault;
use super::runtime::{FailedStart, Runtime};
use super::{enter, exit, in_runtime, note_panic, panics, unended_runtime, without_runtime};
use crate::context::wait::{self, HookKind};
use crate::daemon::{AsyncHooks, Life, Tasks};
use crate::detach::Detached;
use crate::error::Error;
use crate::instance::state::Phase;
use crate::os::console::TARGET;
use crate::os::deadline;

impl<D: AsyncHooks> Life<D> for Tasks {
    fn serve(mut detached: Box<Detached>) -> ! {
        enter(&mut detached);
        let mut runtime = Runtime::new::<D>(detached);
        let (mut watcher, mut again) = (None, None);
        loop {
            if let Some(code) = live::<D>(&mut runtime, &mut watcher, again) {
                exit(code);
            }
            again = runtime.depart();
            if again.is_none() {
                exit(runtime.end_without_value());
            }
        }
    }
}

/// How the life ended, before the end of the user's runtime.
struct Ended {
    /// The exit code, or none if another program is to take over.
    code: Option<u8>,
    at: Instant,
    /// The time that the runtime then had.
    left: Duration,
}

/// Lives inside of the user's runtime. Returns the exit code, or none if another program is to take
/// over. `again` is why none has taken over before.
fn live<D: AsyncHooks>(
    runtime: &mut Runtime,
    watcher: &mut Option<Watcher>,
    again: Option<Error>,
) -> Option<u8> {
    // Until the first hook: a panic is that of the user's `block_on`.
    wait::change(|now| now.hooks = HookKind::Polled);
    let (mut has_begun, mut ended) = (false, None);
    let life = async {
        has_begun = true;
        wait::change(|now| now.hooks = HookKind::Future);
        let code = live_in::<D>(runtime, watcher, again).await;
        if code.is_some() {
            // A start that failed ends now.
            let _ = deadline::asked();
        }
        ended = Some(Ended {
            code,
            at: Instant::now(),
            left: deadline::left(),
        });
    };
    let run = in_runtime(|| D::block_on(life, deadline::left));
    Some(match (ended, run) {
        (Some(ended), Ok(Ok(()))) => {
            note_shutdown(&ended);
            ended.code?
        }
        (Some(ended), Ok(Err(error))) => {
            let code = unended_runtime(&error);
            ended.code?.max(code)
        }
        // It is in the log.
        (Some(ended), Err(_)) => {
            ended.code?;
            panics::PANICKED
        }
        (None, Ok(Err(error))) if !has_begun => without_runtime::<D>(runtime, &error),
        (None, Ok(Err(error))) => lose_life::<D>(runtime, &error.to_string()),
        (None, Ok(Ok(()))) => lose_life::<D>(runtime, "it returned"),
        (None, Err(payload)) if has_begun => {
            // The panic is in the log.
            mem::forget(payload);
            lose_life::<D>(runtime, "it panicked");
            panics::PANICKED
        }
        (None, Err(payload)) => {
            let code = note_panic(payload);
            runtime.finish();
            code
        }
    })
}

/// Ends a daemon whose life the runtime has dropped: with the hooks, but not their children.
fn lose_life<D: AsyncHooks>(runtime: &mut Runtime, cause: &str) -> u8 {
    runtime.context.page.set_phase(Phase::Stopping);
    let asked = deadline::asked();
    let fault = Fault::Failed(format!("it dropped the life of the daemon: {cause}"));
    let code = runtime.report(FailedStart::<D>::new("runtime", fault, None));
    runtime
        .context
        .children
        .end(|| asked + deadline::work_limit());
    code
}

/// The life itself.
async fn live_in<D: AsyncHooks>(
    runtime: &mut Runtime,
    watcher: &mut Option<Watcher>,
    again: Option<Error>,
) -> Option<u8> {
    let begun = match watcher.take() {
        Some(watcher) => Ok(watcher),
        None => Watcher::begin(),
    };
    match begun {
        Ok(begun) => {
            let begun = watcher.insert(begun);
            Host::begin(runtime, D::SPEC.timers, begun)
                .live::<D>(again)
                .await
        }
        Err(error) => {
            let why = "cannot start the thread that wakes the loop";
            let fault = Fault::Failed(format!("{why}: {error}; see the limit `nproc`"));
            Some(runtime.report(FailedStart::<D>::new("start", fault, None)))
        }
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
