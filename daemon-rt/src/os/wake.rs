//! The eventfd that wakes the loop, from any thread and in signal context.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::close;

use crate::os::sys::{Settable, replace};

/// Whether the eventfd was written since the loop last checked. One write suffices to wake it.
static WOKEN: AtomicBool = AtomicBool::new(false);

static WAKE: OnceLock<EventFd> = OnceLock::new();

/// Wakes a thread, besides the loop or in place of its eventfd.
struct Other {
    wake: fn(),
    wakes_loop: bool,
}

static OTHER: Settable<Other> = Settable::empty();

const FLAGS: EfdFlags = EfdFlags::EFD_CLOEXEC.union(EfdFlags::EFD_NONBLOCK);

/// Creates the eventfd that wakes the loop, in the daemon. Returns false if this process has one.
///
/// # Errors
/// `eventfd(2)` fails.
pub(crate) fn prepare() -> nix::Result<bool> {
    let wake = EventFd::from_value_and_flags(0, FLAGS)?;
    Ok(WAKE.set(wake).is_ok())
}

/// Gives a copy of the daemon an eventfd of its own, under the same number. Otherwise it would wake
/// the daemon's loop, and take its wake-ups.
///
/// # Errors
/// `eventfd(2)` or `dup3(2)` fails.
pub(crate) fn renew() -> nix::Result<()> {
    if let Some(wake) = WAKE.get() {
        let own = EventFd::from_value_and_flags(0, FLAGS)?;
        replace(wake.as_fd(), own.as_fd())?;
        WOKEN.store(false, Ordering::Release);
    }
    Ok(())
}

/// Creates the eventfd again, in the loop, after code of this process has closed it. Returns false
/// if another file has its number by now.
pub(crate) fn restore() -> bool {
    let restored = WAKE.get().and_then(|wake| {
        let number = wake.as_fd().as_raw_fd();
        let own = EventFd::from_value_and_flags(0, FLAGS).ok()?;
        if own.as_fd().as_raw_fd() == number {
            std::mem::forget(own);
            return Some(true);
        }
        // Unlike `dup3(2)` it takes no number that another thread has just got.
        let copy = fcntl(&own, FcntlArg::F_DUPFD_CLOEXEC(number)).ok()?;
        if copy != number {
            let _ = close(copy);
        }
        Some(copy == number)
    });
    WOKEN.store(false, Ordering::Release);
    restored.unwrap_or_default()
}

/// Wakes the loop by `wake` from now on, in the daemon. It must be safe in signal context.
pub(crate) fn use_instead(wake: fn()) {
    use_other(wake, true);
}

/// Calls `wake` from now on when the loop is woken, in the daemon. It must be safe in signal context.
pub(crate) fn use_also(wake: fn()) {
    use_other(wake, false);
}

fn use_other(wake: fn(), wakes_loop: bool) {
    OTHER.set(Some(Other { wake, wakes_loop }));
    wake();
}

/// Returns whether [`use_instead`] or [`use_also`] was called.
pub(crate) fn has_other() -> bool {
    OTHER.get().is_some()
}

/// Wakes the loop. May be called on any thread, and in signal context.
pub(crate) fn wake() {
    if let Some(other) = OTHER.get() {
        (other.wake)();
        if other.wakes_loop {
            return;
        }
    }
    if !WOKEN.swap(true, Ordering::AcqRel)
        && let Some(wake) = WAKE.get()
    {
        // The write cannot block, and a full counter also wakes the loop.
        let _ = wake.write(1);
    }
}

/// Returns the descriptor that the loop waits on.
pub(crate) fn descriptor() -> Option<BorrowedFd<'static>> {
    WAKE.get().map(AsFd::as_fd)
}

/// Resets the descriptor, in the loop. It must precede the check for arrived signals.
pub(crate) fn quieten() {
    if WOKEN.load(Ordering::Acquire) {
        drain();
    }
}

/// Reads the descriptor when it is known to be readable, in the loop. A handler on another thread
/// may write after [`quieten`] has cleared the flag. Without this read no wait would block any
/// more.
pub(crate) fn drain() {
    if let Some(wake) = WAKE.get() {
        let _ = wake.read();
        // A swap, not a store, since the following checks must not move before it. Otherwise a
        // handler on another thread could see the loop awake just after it missed the signal.
        WOKEN.swap(false, Ordering::AcqRel);
    }
}
