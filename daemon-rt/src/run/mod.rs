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
mod upgrade;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{io, mem, process, thread};

use self::fault::{Fault, end_copy};
use self::instance::Instance;
use self::runtime::{FailedStart, Runtime};
use crate::context::wait;
use crate::daemon::{Hooks, Life, Turns};
use crate::detach::{self, Detached};
use crate::error::Error;
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

/// The beginning of a life.
enum Beginning {
    /// That of the process as a daemon, or of a program that has taken over.
    First(Box<Detached>),
    /// Another one, because of this error: the next program has not taken over.
    Again(Box<Runtime>, Error),
}

fn serve<D: Hooks>(mut detached: Box<Detached>) -> ! {
    enter(&mut detached);
    let mut next = Beginning::First(detached);
    loop {
        let (mut beginning, mut left) = (Some(next), None);
        let surround = || {
            D::surround(
                || match beginning.take().map(begin::<D>) {
                    Some(Ok(instance)) => instance.live().unwrap_or_else(|runtime| {
                        left = Some(runtime);
                        0
                    }),
                    Some(Err(code)) => code,
                    None => 1,
                },
                deadline::left,
            )
        };
        let served = in_runtime(surround);
        let Some(mut runtime) = left else {
            exit(end::<D>(beginning, served))
        };
        // A failure is in the log, and does not keep the next program from starting.
        let _ = end_of_runtime(served);
        next = match runtime.depart() {
            Some(error) => Beginning::Again(runtime, error),
            None => exit(runtime.end_without_value()),
        };
    }
}

/// The result of the user's runtime, or the payload of its panic.
type Served = thread::Result<io::Result<u8>>;

/// Returns the exit code when the user's runtime has ended. If it has not begun the life of the daemon,
/// there is still its `beginning`.
fn end<D: Hooks>(beginning: Option<Beginning>, served: Served) -> u8 {
    let mut runtime = match beginning {
        None => return end_of_runtime(served),
        Some(Beginning::First(detached)) => Runtime::new::<D>(detached),
        Some(Beginning::Again(runtime, _)) => *runtime,
    };
    match served {
        Ok(Ok(_)) => {
            without_runtime::<D>(&mut runtime, &"it returned without the life of the daemon")
        }
        Ok(Err(error)) => without_runtime::<D>(&mut runtime, &error),
        Err(payload) => {
            let code = note_panic(payload);
            runtime.finish();
            code
        }
    }
}

/// Returns the exit code of the user's runtime, after the life of the daemon.
fn end_of_runtime(served: Served) -> u8 {
    match served {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => unended_runtime(&error),
        Err(payload) => note_panic(payload),
    }
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
    detach::go_back(&panics::caught("runtime"));
    panics::PANICKED
}

/// Builds the daemon and starts it. Returns the exit code if that fails. The reason has then been
/// reported, and the pid file is removed.
fn begin<D: Hooks>(beginning: Beginning) -> Result<Instance<D>, u8> {
    match beginning {
        Beginning::First(detached) => begin_first(detached),
        Beginning::Again(runtime, error) => begin_again(*runtime, &error),
    }
}

fn begin_first<D: Hooks>(detached: Box<Detached>) -> Result<Instance<D>, u8> {
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
            let mut instance = Instance::new(daemon, runtime);
            instance.runtime.end_upgrade();
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

/// Builds another value of this program after `error`, for which no other one has taken over.
fn begin_again<D: Hooks>(mut runtime: Runtime, error: &Error) -> Result<Instance<D>, u8> {
    runtime.return_from_departure();
    let built = runtime.build::<D>();
    runtime.refuse_upgrade(error.exit_code(), &error.to_string());
    match built {
        Ok(daemon) => {
            manager::notify(&[State::Ready]);
            Ok(Instance::new(daemon, runtime))
        }
        Err(failed) => Err(runtime.give_up(failed)),
    }
}
