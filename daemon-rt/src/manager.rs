//! What the loop tells a service manager: systemd by datagrams, s6 by a descriptor.
//!
//! Kept for the loop's thread, so that a hook that waits in the runtime feeds the watchdog: the
//! loop turns there as well. A hook that computes or blocks for ever does not.

use crate::os::console::TARGET;
use std::cell::RefCell;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::notify::{Notifier, ReadyDescriptor, State};
use crate::os::sys;

/// How long the last message may wait to be read.
const FLUSH: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Manager {
    notifier: Notifier,
    ready: Option<ReadyDescriptor>,
    /// The time-out of the start, reload or stop that goes on.
    limit: Option<Duration>,
}

thread_local! {
    /// Not dropped: the process ends before its thread does, and to register a drop costs pages.
    static MANAGER: RefCell<ManuallyDrop<Option<Manager>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Refuses to leave a service manager that waits for this process to say something: it would see
/// the process end, and end the daemon with it.
pub(crate) fn let_go(name: &str) -> Result<(), Error> {
    if !is_managed() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "a service manager waits for this process (NOTIFY_SOCKET is set); use `{name} run` \
         or a unit with Type=forking"
    )))
}

/// Whether a service manager waits for this process, as far as its environment can be believed.
fn is_managed() -> bool {
    let address = std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty());
    address.is_some() && !sys::is_secure_execution()
}

/// Takes over the variables of the environment and the descriptor `ready_fd`. In the foreground
/// daemon, before it opens a file: a number that is not open would become that file's.
///
/// # Errors
/// An address or a descriptor that is none.
pub(crate) fn take_over(ready_fd: Option<RawFd>) -> io::Result<()> {
    let notifier = if is_managed() {
        Notifier::from_environment()?
    } else {
        Notifier::default()
    };
    let ready = ready_fd.map(ReadyDescriptor::take).transpose()?;
    let limit = None;
    MANAGER.set(ManuallyDrop::new(Some(Manager {
        notifier,
        ready,
        limit,
    })));
    Ok(())
}

/// Connects to the manager, whose path leads elsewhere in another root.
pub(crate) fn hold_fast() {
    with(|manager| manager.notifier.connect());
}

/// Tells the manager, in one datagram. It not listening is no fault of the daemon's.
pub(crate) fn tell(states: &[State<'_>]) {
    with(|manager| {
        for state in states {
            match state {
                State::ExtendTimeout(limit) => manager.limit = Some(*limit),
                State::Ready => manager.limit = None,
                _ => {}
            }
        }
        if let Err(error) = manager.notifier.notify(states) {
            log::warn!(target: TARGET, "cannot notify the service manager: {error}");
        }
    });
}

/// Tells the manager how the daemon gets on, for which it waits as long again.
pub(crate) fn status(text: &str) {
    let mut limit = None;
    with(|manager| limit = manager.limit);
    match limit {
        Some(limit) => tell(&[State::Status(text), State::ExtendTimeout(limit)]),
        None => tell(&[State::Status(text)]),
    }
}

/// Tells the manager that the daemon is ready.
pub(crate) fn ready() {
    tell(&[State::Ready]);
    with(|manager| {
        if let Some(Err(error)) = manager.ready.take().map(ReadyDescriptor::announce) {
            log::warn!(target: TARGET, "cannot report readiness to the supervisor: {error}");
        }
    });
}

/// Feeds the watchdog when it is time to.
pub(crate) fn turn() {
    with(|manager| drop(manager.notifier.turn(Instant::now())));
}

/// When the watchdog is to be fed next.
pub(crate) fn next_turn() -> Option<Instant> {
    let mut next = None;
    with(|manager| {
        let now = Instant::now();
        next = manager
            .notifier
            .watchdog()
            .map(|watchdog| now + watchdog.time_left(now));
    });
    next
}

/// Waits until the manager has read what it was told: it looks the sender up by its pid.
pub(crate) fn flush() {
    with(|manager| drop(manager.notifier.flush(FLUSH)));
}

fn with(run: impl FnOnce(&mut Manager)) {
    MANAGER.with_borrow_mut(|manager| manager.as_mut().map(run));
}
