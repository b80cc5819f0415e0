//! Ends a stop that takes too long, wherever the program is stuck.
//!
//! The handler of the first SIGTERM or SIGINT arms a timer, `timer_create(2)`, which sends SIGTERM
//! again when `stop_timeout` is over. Therefore a daemon that never returns to the loop still ends
//! under `kill`, and under supervisors that wait without limit. The verb `stop` overrides the
//! timeout: it writes its own limit, or none, to the state page.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use crate::error::Error;
use crate::os::clock;
use crate::os::fork;
use crate::os::sys::{Settable, Timer};

/// Added to the limit, so that a verb that waits as long sees its own timeout first and reports it.
const GRACE: Duration = Duration::from_secs(1);

/// The shortest time that is left for the exit itself.
const MARGIN: Duration = Duration::from_millis(100);

/// How long a stop may take before the daemon ends itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopLimit {
    /// As long as `stop_timeout`.
    Own,
    /// As long as a verb waits.
    After(Duration),
    /// Without limit: the verb was configured not to kill.
    Never,
}

impl StopLimit {
    /// Decodes a word: 0 for [`Self::Own`], all ones for [`Self::Never`], otherwise milliseconds
    /// plus 1.
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

/// The word in which a verb publishes its limit, as [`StopLimit::word`]. It is replaced when the
/// lock file is restored.
static VERB_LIMIT: Settable<&'static AtomicU64> = Settable::empty();

/// `stop_timeout`, in milliseconds.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// Time of the stop request, on the monotonic clock in nanoseconds; 0 before it.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Creates the timer, in the daemon, while its errors still reach the caller.
///
/// # Errors
/// `timer_create(2)` fails.
pub(crate) fn prepare(verb_limit: &'static AtomicU64, limit: Duration) -> Result<(), Error> {
    let timer =
        Timer::new(libc::SIGTERM).map_err(|errno| Error::step("create the stop timer", errno))?;
    // `pending::catch` follows and refuses a second daemon in this process.
    let _ = TIMER.set(timer);
    let millis = clock::millis(limit);
    LIMIT.store(millis, Ordering::Relaxed);
    use_word(verb_limit);
    Ok(())
}

/// Uses `verb_limit` as the word of the verbs from now on, in the daemon.
pub(crate) fn use_word(verb_limit: &'static AtomicU64) {
    VERB_LIMIT.set(Some(verb_limit));
}

/// Records the begin of a stop and returns the time since the first call. May be called in signal
/// context.
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

/// Returns whether a stop was requested by a signal, or has begun.
pub(crate) fn is_begun() -> bool {
    ASKED.load(Ordering::Relaxed) != 0
}

/// Returns the time of the stop request, or records it as now.
pub(crate) fn asked() -> Instant {
    let now = Instant::now();
    now.checked_sub(begin()).unwrap_or(now)
}

/// Returns whether the limit has passed, in signal context after the timer has fired. If a verb
/// waits longer, it arms the timer again.
pub(crate) fn is_over() -> bool {
    let limit = match verb_limit() {
        StopLimit::Never => {
            // Another verb may set a limit later.
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

/// Returns how long the parts of a stop may take, counted from its request: the work in flight, the
/// daemon's children, the runtime of async hooks. It is shorter than the limit of the daemon and of
/// `stop`. A killed daemon could no longer end a child.
pub(crate) fn work_limit() -> Duration {
    let limit = limit();
    limit.saturating_sub((limit / 10).max(MARGIN))
}

/// Returns the part of [`work_limit`] for the work in flight, which may `drain` by the declaration. In
/// a shorter stop it has the same share. If that is not shorter than the stop, it is half of it.
pub(crate) fn drain_limit(drain: Duration) -> Duration {
    let (own, limit) = (own_limit(), limit());
    let drain = if drain < own { drain } else { own / 2 };
    let share = limit.as_secs_f64() / own.as_secs_f64().max(f64::MIN_POSITIVE);
    drain.mul_f64(share.min(1.0)).min(work_limit())
}

/// Returns the limit of the stop.
fn limit() -> Duration {
    match verb_limit() {
        StopLimit::After(limit) => limit.min(own_limit()),
        StopLimit::Own | StopLimit::Never => own_limit(),
    }
}

/// Returns the part of [`work_limit`] that is left, all of it before a stop. It only reads, since the
/// program may ask at any time.
pub(crate) fn left() -> Duration {
    let passed = match ASKED.load(Ordering::Relaxed) {
        0 => Duration::ZERO,
        asked => clock::monotonic().saturating_sub(Duration::from_nanos(asked)),
    };
    work_limit().saturating_sub(passed)
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
    // A copy of the daemon has no timers, and the number may be one of its own.
    if let Some(timer) = TIMER.get()
        && !fork::is_copy()
    {
        // The call cannot fail, since the timer and the time are valid.
        let _: Result<(), Errno> = timer.set(limit + GRACE);
    }
}
