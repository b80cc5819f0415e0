//! The time in the text of each format.

use std::cell::Cell;
use std::io::Write;

use super::clock::{Civil, Now, Zone};
use super::line::Line;
use crate::os::escape::Message;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The text of a second.
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

    /// Formats `Mar 7 18:57:08`, PHP's `M j H:i:s`. The day has no leading zero or blank.
    fn short(civil: &Civil) -> Self {
        let month = MONTHS
            .get(usize::from(civil.month).wrapping_sub(1))
            .unwrap_or(&"???");
        let [hour, minute, second] = civil.clock;
        Self::print(format_args!(
            "{month} {} {hour:02}:{minute:02}:{second:02}",
            civil.day
        ))
    }

    /// Formats the date and time of RFC 3339 to the second, such as `2026-03-07T18:57:08`.
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

    /// Formats the offset of RFC 3339, such as `+01:00`. It has no seconds, which only zones before
    /// 1972 had.
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
    /// The last second that this thread formatted, so that formatting costs once a second.
    static SHORT: Cell<(i64, Stamp)> = const { Cell::new((i64::MIN, Stamp::EMPTY)) };
    static FULL: Cell<(i64, Stamp, Stamp)> =
        const { Cell::new((i64::MIN, Stamp::EMPTY, Stamp::EMPTY)) };
}

/// Makes this thread format its current second again, in a new zone.
pub(super) fn forget_second() {
    SHORT.set((i64::MIN, Stamp::EMPTY));
    FULL.set((i64::MIN, Stamp::EMPTY, Stamp::EMPTY));
}

impl Zone {
    /// Returns the time stamp of the format `short`.
    #[inline]
    pub(super) fn short_stamp(&self, now: Now) -> Stamp {
        let (second, stamp) = SHORT.get();
        if second == now.second {
            return stamp;
        }
        let stamp = Stamp::short(&self.civil(now.second));
        SHORT.set((now.second, stamp));
        stamp
    }

    /// Returns the date and time of RFC 3339 to the second, and the offset.
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

/// Appends the time of RFC 3339 with microseconds.
pub(super) fn push_time(line: &mut Line, zone: &Zone, now: Now) {
    let (time, offset) = zone.full_stamp(now);
    line.push(time.as_bytes());
    let mut fraction = *b".000000";
    let mut left = now.nanosecond / 1000;
    for digit in fraction[1..].iter_mut().rev() {
        *digit += u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    line.push(&fraction);
    line.push(offset.as_bytes());
}

/// Appends the time of syslog(3), such as `Mar  7 18:57:08`.
pub(super) fn push_padded_time(line: &mut Line, zone: &Zone, now: Now) {
    let stamp = zone.short_stamp(now);
    if let Some((month, rest)) = stamp.as_bytes().split_first_chunk::<4>() {
        line.push(month);
        if rest.get(1) == Some(&b' ') {
            line.push(b" ");
        }
        line.push(rest);
    }
}

pub(super) fn push_number(line: &mut Line, number: u64) {
    line.push_display::<Message>(number);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZONES: [&str; 8] = [
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
    ];

    fn full(zone: &Zone, second: i64) -> String {
        let (time, offset) = zone.full_stamp(Now {
            second,
            nanosecond: 0,
        });
        String::from_utf8_lossy(&[time.as_bytes(), offset.as_bytes()].concat()).into_owned()
    }

    fn short(zone: &Zone, second: i64) -> String {
        String::from_utf8_lossy(
            zone.short_stamp(Now {
                second,
                nanosecond: 0,
            })
            .as_bytes(),
        )
        .into_owned()
    }

    /// Returns the text that jiff formats with the same zone file.
    fn jiffs(name: &str, second: i64, format: &str) -> String {
        let bytes = std::fs::read(format!("/usr/share/zoneinfo/{name}")).unwrap_or_default();
        let zone = jiff::tz::TimeZone::tzif(name, &bytes).unwrap_or(jiff::tz::TimeZone::UTC);
        let time = jiff::Timestamp::from_second(second)
            .unwrap_or_default()
            .to_zoned(zone);
        jiff::fmt::strtime::format(format, &time).unwrap_or_default()
    }

    proptest! {
        /// Covers 1972, when the last zone dropped seconds from its offset, to 2200.
        #[test]
        #[cfg_attr(miri, ignore = "too slow when interpreted")]
        fn local_time_is_jiffs(zone in 0..ZONES.len(), second in 63_072_000_i64..7_258_118_400) {
            let (name, zone) = (ZONES[zone], Zone::named(Some(ZONES[zone])));
            forget_second();
            prop_assert_eq!(full(&zone, second), jiffs(name, second, "%Y-%m-%dT%H:%M:%S%:z"));
            prop_assert_eq!(short(&zone, second), jiffs(name, second, "%b %-d %H:%M:%S"));
        }
    }

    #[test]
    fn local_time_at_the_end_of_summer_jumps_back() {
        let zone = Zone::named(Some("Europe/Paris"));
        assert_eq!(full(&zone, 1_792_889_999), "2026-10-25T02:59:59+02:00");
        assert_eq!(full(&zone, 1_792_890_000), "2026-10-25T02:00:00+01:00");
    }

    /// The forms of POSIX 2017 and 2024, without rules, and of tzdata for `OpenWrt`.
    const TEXTS: [&str; 12] = [
        "CET-1CEST",
        "EST5EDT",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "EET-2EEST,M3.4.4/50,M10.4.4/50",
        "<+0330>-3:30",
        "XXX-3",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        ":Europe/Paris",
        "/usr/share/zoneinfo/Asia/Kolkata",
    ];

    #[test]
    #[cfg_attr(miri, ignore = "runs a program")]
    fn zone_of_each_form_is_that_of_date() {
        for text in TEXTS {
            let zone = Zone::named(Some(text));
            assert_eq!(zone.unreadable(), None, "{text}");
            for second in (1_767_225_600..1_798_761_600).step_by(13 * 86_400) {
                let mut date = std::process::Command::new("date");
                date.env("TZ", text).args(["-d", &format!("@{second}")]);
                let output = date.arg("+%Y-%m-%dT%H:%M:%S%:z").output();
                let Some(output) = output.ok().filter(|output| output.status.success()) else {
                    return;
                };
                let wanted = String::from_utf8_lossy(&output.stdout).into_owned();
                assert_eq!(full(&zone, second), wanted.trim(), "{text}");
            }
        }
    }

    #[test]
    fn unknown_zone_is_utc() {
        for name in ["", "No/Where", "nonsense", "XYZ", "CET-1CEST,M3"] {
            let zone = Zone::named(Some(name));
            assert_eq!(zone.unreadable().is_some(), !name.is_empty(), "{name}");
            assert_eq!(
                full(&Zone::named(Some(name)), 0),
                "1970-01-01T00:00:00+00:00"
            );
            forget_second();
        }
    }
}
