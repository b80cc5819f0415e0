//! What time it is, `clock_gettime(2)`. Linux has each of these clocks, so that no call fails.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

/// Since some moment before this process, without the time in suspend. In signal context, too.
pub(crate) fn monotonic() -> Duration {
    since(ClockId::CLOCK_MONOTONIC)
}

/// Since boot, with the time in suspend: the same for every process.
pub(crate) fn boot() -> Duration {
    since(ClockId::CLOCK_BOOTTIME)
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// A time in a word of memory, in nanoseconds: 584 years.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The same in microseconds.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The same in milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn since(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}
