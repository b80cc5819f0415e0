//! The end of a stop that takes too long, whoever asked for it and wherever it is stuck.
//!
//! The handler of the first SIGTERM or SIGINT arms a timer, `timer_create(2)`, which sends SIGTERM
//! again when `stop_timeout` is over. So code that never comes back to the loop ends, too, under
//! `kill` and under supervisors that wait for ever. A verb `stop` has the word over this: it says
//! in the state page how long it waits before it kills, or that it does not.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use crate::error::Error;
use crate::instance::state::{Page, StopLimit};
use crate::os::clock;
use crate::os::sys::{Settable, Timer};

/// A verb that waits as long is to see its own time-out first, and say so.
const GRACE: Duration = Duration::from_secs(1);

static TIMER: OnceLock<Timer> = OnceLock::new();

/// Where a verb says how long it waits. Another one when the lock file was made again.
static PAGE: Settable<Page> = Settable::empty();

/// `stop_timeout`, in milliseconds.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// When the stop was asked for, on the monotonic clock in nanoseconds; 0 for never.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Makes the timer, while an error can still be told.
pub(crate) fn prepare(page: Page, limit: Duration) -> Result<(), Error> {
    let timer =
        Timer::new(libc::SIGTERM).map_err(|errno| Error::step("make the stop's timer", errno))?;
    // A second one is refused by `pending::catch`, which follows.
    let _ = TIMER.set(timer);
    let millis = clock::millis(limit);
    LIMIT.store(millis, Ordering::Relaxed);
    use_page(page);
    Ok(())
}

/// Reads this page from now on.
pub(crate) fn use_page(page: Page) {
    PAGE.set(Some(page));
}

/// Notes that a stop was asked for, or that the daemon stops by itself; returns how long ago that
/// was noted first. In signal context, too.
pub(crate) fn begin() -> Duration {
    let now = clock::monotonic();
    let nanos = clock::nanos(now);
    match ASKED.compare_exchange(0, nanos, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => {
            arm(own_limit());
            Duration::ZERO
        }
        Err(first) => now.saturating_sub(Duration::from_nanos(first)),
    }
}

/// When the stop was asked for: now, if nobody has.
pub(crate) fn asked() -> Instant {
    let now = Instant::now();
    now.checked_sub(begin()).unwrap_or(now)
}

/// In signal context, when the timer has fired: whether the time is over. If a verb waits longer,
/// the timer is armed anew.
pub(super) fn is_over() -> bool {
    let limit = match PAGE.get().map(|page| page.stop_limit()) {
        Some(StopLimit::Never) => {
            // Another verb may set one.
            arm(GRACE);
            return false;
        }
        Some(StopLimit::After(limit)) => limit,
        Some(StopLimit::Own) | None => own_limit(),
    };
    let left = (limit + GRACE).saturating_sub(begin());
    if left.is_zero() {
        return true;
    }
    arm(left.saturating_sub(GRACE));
    false
}

/// How long after a stop was asked for the daemon's children may take. Before `stop` loses its
/// patience, which may be shorter than the daemon's own: whoever is killed then could end no child
/// any more.
pub(crate) fn children_limit() -> Duration {
    let limit = match PAGE.get().map(|page| page.stop_limit()) {
        Some(StopLimit::After(limit)) => limit.min(own_limit()),
        Some(StopLimit::Own | StopLimit::Never) | None => own_limit(),
    };
    limit / 10 * 9
}

fn own_limit() -> Duration {
    Duration::from_millis(LIMIT.load(Ordering::Relaxed))
}

fn arm(limit: Duration) {
    if let Some(timer) = TIMER.get() {
        // The timer is valid and so is the time: it cannot fail.
        let _: Result<(), Errno> = timer.set(limit + GRACE);
    }
}
