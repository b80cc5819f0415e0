//! Local time, read without the C library: `localtime_r` takes a lock and asks the environment.

use std::cell::Cell;
use std::io::Write;

use nix::time::{ClockId, clock_gettime};
use tz::{DateTime, TimeZone, UtcDateTime};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds and nanoseconds since 1970, UTC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) second: i64,
    pub(super) nanosecond: u32,
}

impl Now {
    /// The time to a tick of the kernel (1 to 10 ms): a fifth of the price of the exact one.
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
        // The two clocks exist on every Linux, so the call cannot fail.
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

/// The rules of the local time zone, read once: after a `chroot` there may be no file to read.
#[derive(Debug)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// The zone that `TZ` names, else the system's (`/etc/localtime`), else UTC, as tzset(3) does.
    pub(super) fn local() -> Self {
        let zone = match std::env::var("TZ") {
            Err(_) => TimeZone::local().ok(),
            Ok(name) if name.is_empty() => None,
            Ok(name) => TimeZone::from_posix_tz(&name).ok(),
        };
        Self(zone.unwrap_or_else(TimeZone::utc))
    }

    /// The date, the time and the offset from UTC at `second`.
    fn civil(&self, second: i64) -> Civil {
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
        // A year beyond 2^31, or a zone that says nothing of this time.
        UtcDateTime::from_timespec(second, 0).map_or(Civil::EPOCH, |utc| Civil {
            year: utc.year(),
            month: utc.month(),
            day: utc.month_day(),
            clock: [utc.hour(), utc.minute(), utc.second()],
            offset: 0,
        })
    }
}

#[derive(Debug)]
struct Civil {
    year: i32,
    month: u8,
    day: u8,
    clock: [u8; 3],
    /// Seconds east of UTC.
    offset: i32,
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

/// A second as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    text: [u8; 40],
    len: u8,
}

impl Stamp {
    const EMPTY: Self = Self {
        text: [0; 40],
        len: 0,
    };

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.len).min(self.text.len())]
    }

    fn print(text: std::fmt::Arguments<'_>) -> Self {
        let mut stamp = Self::EMPTY;
        let room = stamp.text.len();
        let mut left = stamp.text.as_mut_slice();
        // The array has room for the longest year.
        let _ = left.write_fmt(text);
        let used = room - left.len();
        stamp.len = u8::try_from(used).unwrap_or(0);
        stamp
    }

    /// `Mar 7 18:57:08`, PHP's `M j H:i:s`: the day without a leading zero or blank.
    fn seed(civil: &Civil) -> Self {
        let month = MONTHS
            .get(usize::from(civil.month).wrapping_sub(1))
            .unwrap_or(&"???");
        let [hour, minute, second] = civil.clock;
        Self::print(format_args!(
            "{month} {} {hour:02}:{minute:02}:{second:02}",
            civil.day
        ))
    }

    /// RFC 3339 up to the second, `2026-03-07T18:57:08`.
    fn date_time(civil: &Civil) -> Self {
        let Civil {
            year,
            month,
            day,
            clock: [hour, minute, second],
            ..
        } = civil;
        Self::print(format_args!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        ))
    }

    /// RFC 3339's offset, `+01:00`. It has no seconds, which zones had before 1972 only.
    fn offset(civil: &Civil) -> Self {
        let sign = if civil.offset < 0 { '-' } else { '+' };
        let minutes = civil.offset.unsigned_abs() / 60;
        Self::print(format_args!(
            "{sign}{:02}:{:02}",
            minutes / 60,
            minutes % 60
        ))
    }
}

thread_local! {
    /// The last second that this thread printed, so that printing costs once a second.
    static SEED: Cell<(i64, Stamp)> = const { Cell::new((i64::MIN, Stamp::EMPTY)) };
    static FULL: Cell<(i64, Stamp, Stamp)> =
        const { Cell::new((i64::MIN, Stamp::EMPTY, Stamp::EMPTY)) };
}

impl Zone {
    /// The seed's time stamp.
    #[inline]
    pub(super) fn seed_stamp(&self, now: Now) -> Stamp {
        let (second, stamp) = SEED.get();
        if second == now.second {
            return stamp;
        }
        let stamp = Stamp::seed(&self.civil(now.second));
        SEED.set((now.second, stamp));
        stamp
    }

    /// RFC 3339's date and time up to the second, and the offset.
    #[inline]
    pub(super) fn full_stamp(&self, now: Now) -> (Stamp, Stamp) {
        let (second, time, offset) = FULL.get();
        if second == now.second {
            return (time, offset);
        }
        let civil = self.civil(now.second);
        let (time, offset) = (Stamp::date_time(&civil), Stamp::offset(&civil));
        FULL.set((now.second, time, offset));
        (time, offset)
    }
}
