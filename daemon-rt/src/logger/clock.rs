//! Local time, computed without the C library. `localtime_r` takes a lock and reads the
//! environment.

use std::path::Path;
use std::sync::OnceLock;

use nix::time::{ClockId, clock_gettime};
use tz::{DateTime, TimeZone, UtcDateTime};

use crate::os::sys::{self, Settable};

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

/// The rules of the local time zone. They are read once, because a new root may lack the file, and
/// again at a reload.
#[derive(Debug, PartialEq)]
pub(super) struct Zone {
    rules: TimeZone,
    /// The source that cannot be read, such as `TZ=Nowhere`. The rules are then those of UTC.
    unreadable: Option<String>,
}

/// The zone of this process at its first use, and the one of the last reload if it differs.
static FIRST: OnceLock<Zone> = OnceLock::new();
static LATER: Settable<Zone> = Settable::empty();

/// The system's own zone, tzset(3).
const SYSTEM: &str = "/etc/localtime";

impl Zone {
    /// Returns the zone of this process.
    #[inline]
    pub(super) fn local() -> &'static Self {
        let later = LATER.get();
        later.unwrap_or_else(|| FIRST.get_or_init(Self::read))
    }

    /// Reads the zone again. Each change leaks the old rules.
    pub(super) fn read_again() {
        let zone = Self::read();
        if zone != *Self::local() {
            LATER.set(Some(zone));
        }
    }

    /// Reads the zone of `TZ`, otherwise that of the system, otherwise UTC, see tzset(3).
    ///
    /// In a setuid program `TZ` is ignored, because the caller could make it read any file.
    fn read() -> Self {
        let name = std::env::var_os("TZ").filter(|_| !sys::is_secure_execution());
        Self::named(name.as_ref().map(|name| name.to_string_lossy()).as_deref())
    }

    pub(super) fn named(name: Option<&str>) -> Self {
        let (rules, source) = match name {
            // A system without the file has UTC.
            None if !Path::new(SYSTEM).exists() => (None, None),
            None => (TimeZone::local().ok(), Some(SYSTEM.to_owned())),
            Some("") => (None, None),
            Some(name) => {
                let read = TimeZone::from_posix_tz(name).ok();
                (read.or_else(|| rules_of(name)), Some(format!("TZ={name}")))
            }
        };
        Self {
            unreadable: source.filter(|_| rules.is_none()),
            rules: rules.unwrap_or_else(TimeZone::utc),
        }
    }

    /// Returns the source of the zone if it cannot be read.
    pub(super) fn unreadable(&self) -> Option<&str> {
        self.unreadable.as_deref()
    }

    /// Returns the local day of `second`.
    pub(super) fn day(&self, second: i64) -> Day {
        let civil = self.civil(second);
        (civil.year, civil.month, civil.day)
    }

    /// Returns the date, the time and the offset from UTC at `second`.
    pub(super) fn civil(&self, second: i64) -> Civil {
        if let Ok(local) = DateTime::from_timespec(second, 0, self.rules.as_ref()) {
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

/// A part of a file of tzfile(5), version 3: one local time, which no record uses.
const BLOCK: &[u8] = b"TZif3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0";

/// The rules of the C library for a `TZ` that names a summer time and has no rules.
const DEFAULT_RULES: &str = ",M3.2.0,M11.1.0";

/// Reads the forms of `TZ` that the C library accepts beside those of POSIX 2017: without rules,
/// and with hours from -167 to 167. The parser takes such hours only at the end of a file.
fn rules_of(text: &str) -> Option<TimeZone> {
    let read = |rules| {
        let footer = format!("\n{text}{rules}\n");
        TimeZone::from_tz_data(&[BLOCK, BLOCK, footer.as_bytes()].concat()).ok()
    };
    read("").or_else(|| read(DEFAULT_RULES))
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
