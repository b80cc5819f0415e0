//! One call of a hook, as a future that owns what it needs.

use std::future::Future;
use std::sync::Arc;

use crate::context::{ChildExit, Handle};
use crate::daemon::{AsyncHooks, Event};
use crate::os::console::TARGET;
use crate::outcome::{Failure, Outcome};
use crate::resources::Resources;
use crate::run::config::Next;
use crate::signal::SignalInfo;

/// An event for a hook that runs beside others.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Run,
    /// With the settings that are to be in force.
    Reload(Next),
    Child(ChildExit),
    Timer(&'static str),
    Signal(SignalInfo),
}

/// Calls the hook for `call`. Returns false if there is none.
pub(super) async fn make<D: AsyncHooks>(
    value: &Arc<D>,
    handle: &Handle,
    call: Call,
) -> Result<bool, Failure> {
    let resources = match &call {
        Call::Reload(next) => next.resources().with_handle(handle),
        _ => Resources::default(),
    };
    let event = match &call {
        Call::Run => Event::Run,
        Call::Reload(_) => Event::Reload(&resources),
        Call::Child(exit) => Event::Child(*exit),
        Call::Timer(name) => Event::Timer(name),
        Call::Signal(info) => Event::Signal(info.signal, *info),
    };
    let is_handled = is_handled(value.dispatch(event, handle)).await?;
    match call {
        Call::Signal(info) if !is_handled => {
            log::info!(target: TARGET, "ignored {info}: it has no handler");
        }
        Call::Child(exit) if !is_handled => {
            log::info!(target: TARGET, "reaped child {}: {}", exit.pid, exit.status);
        }
        _ => {}
    }
    Ok(is_handled)
}

/// Awaits a hook. Returns false if there is none.
pub(super) async fn is_handled(hook: impl Future<Output = Outcome>) -> Result<bool, Failure> {
    match hook.await {
        Outcome::Done => Ok(true),
        Outcome::Unhandled => Ok(false),
        Outcome::Failed(failure) => Err(failure),
    }
}
