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
use crate::os::clock;
use crate::os::sys::{Settable, Timer};

/// A verb that waits as long is to see its own time-out first, and say so.
const GRACE: Duration = Duration::from_secs(1);

/// How long a stop may take before the daemon ends itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopLimit {
    /// As long as the daemon was told at its start.
    Own,
    /// As long as a verb waits.
    After(Duration),
    /// A verb was told not to kill.
    Never,
}

impl StopLimit {
    /// Reads a word of memory: 0 for none, all ones for never, else milliseconds plus 1.
    fn of_word(word: u64) -> Self {
        match word {
            0 => Self::Own,
            u64::MAX => Self::Never,
            millis => Self::After(Duration::from_millis(millis - 1)),
        }
    }

    /// Returns the word that [`StopLimit::of_word`] reads.
    pub(crate) fn word(self) -> u64 {
        match self {
            Self::Own => 0,
            Self::After(limit) => clock::millis(limit).saturating_add(1),
            Self::Never => u64::MAX,
        }
    }
}

static TIMER: OnceLock<Timer> = OnceLock::new();

/// Where a verb says how long it waits, as [`StopLimit::word`]. Another word when the lock file was
/// made again.
static VERB_LIMIT: Settable<&'static AtomicU64> = Settable::empty();

/// `stop_timeout`, in milliseconds.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// When the stop was asked for, on the monotonic clock in nanoseconds; 0 for never.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Makes the timer, while an error can still be told.
pub(crate) fn prepare(verb_limit: &'static AtomicU64, limit: Duration) -> Result<(), Error> {
    let timer =
        Timer::new(libc::SIGTERM).map_err(|errno| Error::step("create the stop timer", errno))?;
    // A second one is refused by `pending::catch`, which follows.
    let _ = TIMER.set(timer);
    let millis = clock::millis(limit);
    LIMIT.store(millis, Ordering::Relaxed);
    use_word(verb_limit);
    Ok(())
}

/// Reads this word from now on.
pub(crate) fn use_word(verb_limit: &'static AtomicU64) {
    VERB_LIMIT.set(Some(verb_limit));
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
pub(crate) fn is_over() -> bool {
    let limit = match verb_limit() {
        StopLimit::Never => {
            // Another verb may set one.
            arm(GRACE);
            return false;
        }
        StopLimit::After(limit) => limit,
        StopLimit::Own => own_limit(),
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
    let limit = match verb_limit() {
        StopLimit::After(limit) => limit.min(own_limit()),
        StopLimit::Own | StopLimit::Never => own_limit(),
    };
    limit / 10 * 9
}

fn verb_limit() -> StopLimit {
    VERB_LIMIT.get().map_or(StopLimit::Own, |word| {
        StopLimit::of_word(word.load(Ordering::Relaxed))
    })
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
