//! The daemon's life: it is built, starts, turns, and stops.

mod again;
mod backoff;
#[cfg_attr(not(feature = "config"), path = "without_config.rs")]
mod config;
mod fault;
mod instance;
pub(crate) mod keeper;
mod panics;
mod reload;
mod replace;
mod runtime;
mod tasks;
mod terminal;
mod turns;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{io, mem, process, thread};

use self::fault::{Fault, end_copy};
use self::instance::Instance;
use self::runtime::{FailedStart, Runtime};
use crate::context::wait;
use crate::daemon::{Hooks, Life, Turns};
use crate::detach::Detached;
use crate::logger::{Level, Logger};
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::sys;
use crate::os::{deadline, fork};

impl<D: Hooks> Life<D> for Turns {
    fn serve(detached: Box<Detached>) -> ! {
        serve::<D>(detached)
    }
}

fn serve<D: Hooks>(mut detached: Box<Detached>) -> ! {
    enter(&mut detached);
    let mut detached = Some(detached);
    let surround = || {
        D::surround(
            || match detached.take().map(begin::<D>) {
                Some(Ok(instance)) => instance.live(),
                Some(Err(code)) => code,
                None => 1,
            },
            deadline::left,
        )
    };
    let served = in_runtime(surround);
    let runtime = detached.map(Runtime::new::<D>);
    exit(match (runtime, served) {
        (None, Ok(Ok(code))) => code,
        (None, Ok(Err(error))) => unended_runtime(&error),
        (None, Err(payload)) => note_panic(payload),
        (Some(mut runtime), Ok(Ok(_))) => {
            without_runtime::<D>(&mut runtime, &"it returned without the life of the daemon")
        }
        (Some(mut runtime), Ok(Err(error))) => without_runtime::<D>(&mut runtime, &error),
        (Some(runtime), Err(payload)) => {
            let code = note_panic(payload);
            runtime.finish();
            code
        }
    })
}

/// Makes this thread the loop's, in the daemon.
fn enter(detached: &mut Detached) {
    fork::be_daemon();
    panics::install(detached.reporter.take());
    let page = detached.page;
    page.set_level(Logger::installed().map_or(Level::Off, Logger::level));
    wait::change(|now| now.page = Some(page));
}

fn exit(code: u8) -> ! {
    if let Some(logger) = Logger::installed() {
        logger.flush();
    }
    process::exit(i32::from(code))
}

/// Calls the user's code that has the runtime, and catches its panic. Does not return in a copy of the
/// daemon that the code forked.
fn in_runtime<T>(run: impl FnOnce() -> io::Result<T>) -> thread::Result<io::Result<T>> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if fork::is_copy() {
        let ended = match result {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Fault::Failed(error.to_string())),
            Err(_) => Err(Fault::Panicked(panics::caught("runtime"))),
        };
        end_copy("runtime", &ended);
    }
    result
}

/// Ends a start for which no runtime of the user's could be built.
fn without_runtime<D>(runtime: &mut Runtime, cause: &dyn ToString) -> u8 {
    let fault = Fault::Failed(cause.to_string());
    runtime.report(FailedStart::<D>::new("runtime", fault, None))
}

/// Logs that the user's runtime failed after the life of the daemon.
fn unended_runtime(error: &io::Error) -> u8 {
    log::error!(target: TARGET, "`runtime` failed: {error}");
    1
}

/// Reports the panic of the user's runtime, to the caller that waits for the daemon or to the log.
fn note_panic(payload: Box<dyn Any + Send>) -> u8 {
    // As after a panic of a hook, its destructor may panic once more.
    mem::forget(payload);
    panics::caught("runtime");
    panics::PANICKED
}

/// Builds the daemon and starts it. Returns the exit code if that fails. The reason has then been
/// reported, and the pid file is removed.
fn begin<D: Hooks>(detached: Box<Detached>) -> Result<Instance<D>, u8> {
    manager::notify(&[State::ExtendTimeout(detached.settings.spec.start_timeout)]);
    let mut runtime = Runtime::new::<D>(detached);
    if let Err(refusal) = config::begin::<D>(&mut runtime.detached) {
        let code = runtime.refuse(&refusal);
        runtime.leak_lock();
        return Err(code);
    }
    let built = runtime
        .build::<D>()
        .and_then(|daemon| match runtime.leave_caller() {
            Ok(()) => Ok(daemon),
            Err(fault) => Err(FailedStart::new("start", fault, Some(daemon))),
        });
    match built {
        Ok(daemon) => {
            let instance = Instance::new(daemon, runtime);
            panics::ready();
            // The caller has its answer, so it does not wait for the rest.
            keeper::watch(&instance.runtime.detached);
            manager::ready();
            sys::trim_heap();
            Ok(instance)
        }
        Err(failed) => Err(runtime.give_up(failed)),
    }
}
