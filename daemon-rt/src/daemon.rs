//! The traits that `#[daemon]` implements, and the events it dispatches.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::context::ChildExit;
use crate::context::Context;
use crate::context::Handle;
use crate::detach::{Detached, Step};
use crate::outcome::Failure;
use crate::outcome::Outcome;
use crate::resources::Resources;
use crate::signal::Signal;
use crate::signal::SignalInfo;
use crate::spec::Spec;

/// A struct that is a daemon. `#[daemon]` writes this impl and that of [`Hooks`] or [`AsyncHooks`],
/// and all can be written by hand.
///
/// No method has the name of one of the user's own: beside a `run` that `#[cfg]` removed, a trait
/// method `run` would call itself without end.
pub trait Daemon: Sized + 'static {
    /// The declaration: what the attribute says, with every default.
    const SPEC: Spec;

    /// The way from the caller to the daemon. Each [`Step`] says which process runs it; a program
    /// with another order than [`Step::ALL`] does not compile.
    const STEPS: &'static [Step] = Step::ALL;

    /// How the hooks run: [`Turns`], with [`Hooks`], or [`Tasks`], with [`AsyncHooks`].
    type Life: Life<Self>;

    /// Reads and validates the settings, before [`Hooks::create`] and before a reload. Also runs in
    /// a process of `check`, `restart` and `config --next`, which has become the declared user. It
    /// touches no lock, no socket and no file.
    ///
    /// # Errors
    /// The settings are wrong. A start then fails, and a reload leaves the old ones in force.
    fn check_settings(_resources: &Resources<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// The hooks of a daemon that runs them one at a time, between two turns of the loop.
pub trait Hooks: Daemon<Life = Turns> {
    /// Builds the value, in the detached process, after the last of [`Daemon::STEPS`].
    ///
    /// # Errors
    /// The error of the user's `new`, with which the start fails.
    fn create(resources: &mut Resources<'_>) -> Result<Self, Failure>;

    /// Calls the method that belongs to `event`, in the daemon, between two turns of the loop.
    ///
    /// An event without a method of its own is [`Outcome::Unhandled`]: the runtime then does what
    /// [`Event`] says.
    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome;

    /// Runs `serve`, which is the daemon's life, in the daemon. With the key `runtime` it does so
    /// inside of that runtime, so that hooks can spawn tasks. `left` is as for
    /// [`AsyncHooks::block_on`].
    ///
    /// # Errors
    /// The runtime cannot be built. The start then fails.
    fn surround(serve: impl FnOnce() -> u8, _left: fn() -> Duration) -> io::Result<u8> {
        Ok(serve())
    }
}

/// The hooks of a daemon that are futures. They run beside one another, on the thread that calls
/// [`AsyncHooks::block_on`].
///
/// The hooks of one kind never overlap: a second tick of a timer waits for the end of the first,
/// and so do a signal and the end of a child. `new`, `on_start` and `on_stop` run alone.
///
/// No hook needs to be `Send`. A task that a hook spawns may keep the `Arc` of the value. The value
/// is then dropped with the last of these, possibly after `on_stop`.
pub trait AsyncHooks: Daemon<Life = Tasks> {
    /// Runs `life` to its end on a runtime that it builds, in the daemon. It is the only place that
    /// names the runtime.
    ///
    /// It polls `life` on the thread that called it. Then it ends the runtime, and waits for tasks
    /// that block at most as long as `left` says. That is the rest of `stop_timeout`, less a tenth
    /// and at least 100 ms, when it is called.
    ///
    /// # Errors
    /// The runtime cannot be built. The start then fails.
    fn block_on<F: Future>(life: F, left: fn() -> Duration) -> io::Result<F::Output>;

    /// Builds the value, as [`Hooks::create`] does.
    ///
    /// # Errors
    /// The error of the user's `new`, with which the start fails.
    fn create(resources: &mut Resources<'_>) -> impl Future<Output = Result<Self, Failure>>;

    /// Calls the method that belongs to `event`, as [`Hooks::dispatch`] does.
    fn dispatch(
        self: &Arc<Self>,
        event: Event<'_>,
        handle: &Handle,
    ) -> impl Future<Output = Outcome>;
}

/// The way in which the hooks of a daemon run. Only types of this crate have it.
pub trait Life<D> {
    /// Runs the daemon and exits with its code, in the daemon process. It never returns to the
    /// user's `main`, so no value of `main` is dropped twice.
    #[doc(hidden)]
    fn serve(detached: Box<Detached>) -> !;
}

/// The hooks of [`Hooks`]: one at a time, on the main thread.
#[derive(Debug, Clone, Copy)]
pub struct Turns;

/// The hooks of [`AsyncHooks`]: beside one another, on the main thread, polled by the user's
/// runtime.
#[derive(Debug, Clone, Copy)]
pub struct Tasks;

/// Something the daemon may have a method for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Before the first turn: `on_start`. Unhandled: nothing.
    Start,
    /// One turn of the endless work: `run`. Unhandled: the loop waits for signals and timers.
    Run,
    /// SIGHUP: `on_reload`. Unhandled: [`Event::Stop`], then [`Event::Start`].
    Reload(&'a Resources<'a>),
    /// After the last turn: `on_stop`. Unhandled: nothing.
    Stop,
    /// A signal of [`Spec::signals`] arrived. Unhandled: one line in the log.
    Signal(Signal, SignalInfo),
    /// A timer of [`Spec::timers`], by its name, is due. Unhandled: nothing.
    Timer(&'static str),
    /// A child of [`Context::spawn`] ended: `on_child`. Unhandled: one line in the log.
    Child(ChildExit),
}

/// Refuses to build a runtime inside of another one, where the user's runtime would only panic.
///
/// # Errors
/// `is_inside` is true.
pub fn outside(is_inside: bool) -> io::Result<()> {
    if is_inside {
        let text = "`main` is inside of a runtime; remove `#[tokio::main]` from it, because the daemon \
                    builds its own runtime";
        return Err(io::Error::other(text));
    }
    Ok(())
}
