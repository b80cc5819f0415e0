//! Local time, computed without the C library. `localtime_r` takes a lock and reads the
//! environment.

use std::sync::OnceLock;

use nix::time::{ClockId, clock_gettime};
use tz::{DateTime, TimeZone, UtcDateTime};

use crate::os::sys;

/// A time in seconds and nanoseconds since 1970, UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) second: i64,
    pub(super) nanosecond: u32,
}

impl Now {
    /// Returns the time to a tick of the kernel (1 to 10 ms). It costs a fifth of the exact time.
    #[inline]
    pub(super) fn coarse() -> Self {
        Self::of(ClockId::CLOCK_REALTIME_COARSE)
    }

    #[inline]
    pub(super) fn exact() -> Self {
        Self::of(ClockId::CLOCK_REALTIME)
    }

    #[inline]
    fn of(clock: ClockId) -> Self {
        // Both clocks exist on every Linux, so the call cannot fail.
        let time = clock_gettime(clock).unwrap_or(nix::sys::time::TimeSpec::new(0, 0));
        #[allow(
            clippy::useless_conversion,
            reason = "32-bit targets have a shorter time_t"
        )]
        let second = i64::from(time.tv_sec());
        Self {
            second,
            nanosecond: u32::try_from(time.tv_nsec()).unwrap_or(0),
        }
    }
}

/// The rules of the local time zone. They are read once, because a new root may lack the file.
#[derive(Debug)]
pub(super) struct Zone(TimeZone);

/// The zone of this process, after the first read.
static LOCAL: OnceLock<Zone> = OnceLock::new();

impl Zone {
    /// Returns the zone of `TZ`, otherwise that of the system (`/etc/localtime`), otherwise UTC,
    /// see tzset(3).
    ///
    /// In a setuid program `TZ` is ignored, because the caller could make it read any file.
    pub(super) fn local() -> &'static Self {
        LOCAL.get_or_init(|| {
            let name = std::env::var("TZ").ok();
            Self::named(name.filter(|_| !sys::is_secure_execution()).as_deref())
        })
    }

    pub(super) fn named(name: Option<&str>) -> Self {
        let zone = match name {
            None => TimeZone::local().ok(),
            Some("") => None,
            Some(name) => TimeZone::from_posix_tz(name).ok(),
        };
        Self(zone.unwrap_or_else(TimeZone::utc))
    }

    /// Returns the local day of `second`.
    pub(super) fn day(&self, second: i64) -> Day {
        let civil = self.civil(second);
        (civil.year, civil.month, civil.day)
    }

    /// Returns the date, the time and the offset from UTC at `second`.
    pub(super) fn civil(&self, second: i64) -> Civil {
        if let Ok(local) = DateTime::from_timespec(second, 0, self.0.as_ref()) {
            let offset = local.local_time_type().ut_offset();
            return Civil {
                year: local.year(),
                month: local.month(),
                day: local.month_day(),
                clock: [local.hour(), local.minute(), local.second()],
                offset,
            };
        }
        // The year is beyond 2^31, or the zone has no rule for this time.
        UtcDateTime::from_timespec(second, 0).map_or(Civil::EPOCH, |utc| Civil {
            year: utc.year(),
            month: utc.month(),
            day: utc.month_day(),
            clock: [utc.hour(), utc.minute(), utc.second()],
            offset: 0,
        })
    }
}

/// Reads the local time zone now. For a process that changes its root before it has a logger.
pub(crate) fn read_zone() {
    Zone::local();
}

/// A day: year, month and day of the month.
pub(super) type Day = (i32, u8, u8);

/// A date, a time and the offset from UTC.
#[derive(Debug)]
pub(super) struct Civil {
    pub(super) year: i32,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) clock: [u8; 3],
    /// Seconds east of UTC.
    pub(super) offset: i32,
}

impl Civil {
    const EPOCH: Self = Self {
        year: 1970,
        month: 1,
        day: 1,
        clock: [0; 3],
        offset: 0,
    };
}
