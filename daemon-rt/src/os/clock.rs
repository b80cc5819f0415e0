//! The system's clocks, `clock_gettime(2)`. Linux has each of them, so no call fails.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

/// Returns the time since a moment before this process, without suspended time. May be called in
/// signal context.
pub(crate) fn monotonic() -> Duration {
    since(ClockId::CLOCK_MONOTONIC)
}

/// Returns the time since boot, with suspended time. All processes see one value.
pub(crate) fn boot() -> Duration {
    since(ClockId::CLOCK_BOOTTIME)
}

/// Returns the seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// Converts a time to nanoseconds in one word, enough for 584 years.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Converts a time to microseconds in one word.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Converts a time to milliseconds in one word.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn since(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}
