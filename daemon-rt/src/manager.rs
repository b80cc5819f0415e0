//! The loop's connection to a service manager: datagrams to systemd, a descriptor to s6.
//!
//! It is local to the loop's thread. A hook that waits in the runtime also turns the loop, and so
//! feeds the watchdog. A hook that computes or blocks does not feed it.

use std::cell::RefCell;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{BorrowedFd, RawFd};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::notify::{Notifier, ReadyDescriptor, State};
use crate::os::console::TARGET;
use crate::os::sys;
use crate::upgrade::{Heritage, Inheritance};

/// How long the daemon waits until the manager has read the last message.
const FLUSH: Duration = Duration::from_secs(1);

/// The connections that the environment and the options name.
#[derive(Debug, Default)]
struct Manager {
    notifier: Notifier,
    ready: Option<ReadyDescriptor>,
    /// Timeout of the current start, reload or stop.
    limit: Option<Duration>,
}

thread_local! {
    /// Never dropped: the process ends before its thread does, and a registered drop costs pages.
    static MANAGER: RefCell<ManuallyDrop<Option<Manager>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Refuses to detach from a service manager that waits for this process, in the caller. The manager
/// would see the process end, and would end the daemon with it.
///
/// # Errors
/// `ErrorKind::Usage` when a manager waits.
pub(crate) fn refuse_manager(name: &str) -> Result<(), Error> {
    if !is_managed() {
        return Ok(());
    }
    Err(Error::usage(format!(
        "a service manager waits for this process (NOTIFY_SOCKET is set); use `{name} run` \
         or a unit with Type=forking; if none waits, unset NOTIFY_SOCKET"
    )))
}

/// Returns whether a service manager waits for this process. A setuid program ignores the variable.
fn is_managed() -> bool {
    let address = std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty());
    address.is_some() && !sys::is_secure_execution()
}

/// Takes the variables of the environment and the descriptor `ready_fd`. Runs in the foreground
/// daemon before it opens a file, which could get a number that is not open.
///
/// # Errors
/// The address or the descriptor is invalid.
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

/// Connects to the manager, in the daemon before its root changes and with it the meaning of the
/// address.
pub(crate) fn connect() {
    with(|manager| manager.notifier.connect());
}

/// Sends `states` to the manager in one datagram, in the daemon. An error is only logged.
pub(crate) fn notify(states: &[State<'_>]) {
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

/// Stores a descriptor at the manager under `name`, for the next process of the unit. Returns whether
/// a manager has got it. One without a store closes it.
pub(crate) fn store(name: &str, descriptor: BorrowedFd<'_>) -> bool {
    let stored = with(|manager| manager.notifier.store(name, descriptor));
    stored.unwrap_or(Ok(false)).unwrap_or_else(|error| {
        log::warn!(target: TARGET, "cannot store a socket at the service manager: {error}");
        false
    })
}

/// Sends a status line to the manager, in the daemon, and extends a timeout that is running.
pub(crate) fn status(text: &str) {
    match with(|manager| manager.limit).flatten() {
        Some(limit) => notify(&[State::Status(text), State::ExtendTimeout(limit)]),
        None => notify(&[State::Status(text)]),
    }
}

/// Reports to the manager and to s6 that the daemon is ready.
pub(crate) fn ready() {
    notify(&[State::Ready]);
    with(|manager| {
        if let Some(Err(error)) = manager.ready.take().map(ReadyDescriptor::announce) {
            log::warn!(target: TARGET, "cannot report readiness to the supervisor: {error}");
        }
    });
}

/// Feeds the watchdog when it is due, once per turn of the loop.
pub(crate) fn turn() {
    with(|manager| drop(manager.notifier.turn(Instant::now())));
}

/// Returns the time at which the watchdog is due next.
pub(crate) fn next_turn() -> Option<Instant> {
    let now = Instant::now();
    let left = |manager: &mut Manager| Some(manager.notifier.watchdog()?.time_left(now));
    with(left).flatten().map(|left| now + left)
}

/// Discards the connections, in a copy of the daemon.
pub(crate) fn leave() {
    MANAGER.set(ManuallyDrop::new(None));
}

/// Hands the connection to the next program, in the daemon. The descriptor stays open.
pub(crate) fn hand_over(to: &mut Heritage) {
    with(|manager| {
        let Some((socket, address)) = manager.notifier.socket() else {
            return;
        };
        // Code of this process may have closed it, and another file may have its number.
        if socket.local_addr().is_err() {
            return;
        }
        to.put_descriptor("notify-socket", socket);
        if let Some(address) = address {
            to.put("notify-address", address);
        }
        if let Some(watchdog) = manager.notifier.watchdog() {
            to.put_number("watchdog-usec", watchdog.limit().as_micros());
        }
    });
}

/// Takes over the connection of the program before this one, in the daemon.
///
/// # Errors
/// The descriptor is not open.
pub(crate) fn adopt(from: &Inheritance) -> Result<(), Error> {
    let Some(socket) = from.descriptor_if_any("notify-socket")? else {
        return Ok(());
    };
    let limit = from.number("watchdog-usec").map(Duration::from_micros);
    let notifier = Notifier::adopt(socket, from.get("notify-address"), limit);
    let manager = Manager {
        notifier: notifier.map_err(|e| Error::step("find the service manager", e))?,
        ..Manager::default()
    };
    MANAGER.set(ManuallyDrop::new(Some(manager)));
    Ok(())
}

/// Waits until the manager has read all messages, at the end of the daemon. The manager looks the
/// sender up by its pid.
pub(crate) fn flush() {
    with(|manager| drop(manager.notifier.flush(FLUSH)));
}

fn with<T>(run: impl FnOnce(&mut Manager) -> T) -> Option<T> {
    MANAGER.with_borrow_mut(|manager| manager.as_mut().map(run))
}
