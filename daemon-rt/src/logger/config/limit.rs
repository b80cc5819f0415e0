//! The number of records that a call site may write.

use std::fmt;
use std::time::Duration;

use super::amount::number;
use super::text::text_form;

/// Limits the records of each call site in a period. The text form is `100/1s`, with the units `s`,
/// `m` and `h`, or `none`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit {
    /// Zero if there is no limit.
    records: u32,
    seconds: u32,
}

/// The largest number in a limit; the attribute has the same bound.
const MOST: u32 = 1_000_000;

/// The units of times in seconds, the largest first.
const UNITS: [(char, u32); 3] = [('h', 3600), ('m', 60), ('s', 1)];

impl Limit {
    /// Sets no limit.
    pub const NONE: Self = Self {
        records: 0,
        seconds: 0,
    };

    /// Allows each call site at most `records` in each period of length `time`.
    ///
    /// # Panics
    /// Panics unless `records` is from 1 to 1,000,000 and `time` from one second to 1,000,000
    /// hours. Panics if `time` has a fraction of a second. In a `const` that is a compile error.
    #[must_use]
    pub const fn per(records: u32, time: Duration) -> Self {
        assert!(
            records >= 1 && records <= MOST,
            "a limit is of 1 to 1,000,000 records"
        );
        let seconds = time.as_secs();
        assert!(
            seconds >= 1 && seconds <= MOST as u64 * 3600 && time.subsec_nanos() == 0,
            "a limit is for whole seconds, at most 1,000,000 hours"
        );
        #[allow(clippy::cast_possible_truncation, reason = "a million hours fit")]
        let seconds = seconds as u32;
        Self { records, seconds }
    }

    /// Returns the numbers of records and of seconds, or `None` without a limit.
    pub(in crate::logger) fn get(self) -> Option<(u32, u32)> {
        (self.records > 0).then_some((self.records, self.seconds))
    }

    fn read(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::NONE);
        }
        let bounded = |digits| {
            let number = number(digits).and_then(|number| u32::try_from(number).ok());
            number.filter(|number| (1..=MOST).contains(number))
        };
        let (records, time) = text.split_once('/')?;
        let in_units = |(unit, factor): (char, u32)| Some((time.strip_suffix(unit)?, factor));
        let (digits, factor) = UNITS.into_iter().find_map(in_units)?;
        Some(Self {
            records: bounded(records)?,
            seconds: bounded(digits)?.checked_mul(factor)?,
        })
    }
}

text_form!(
    Limit,
    "none",
    "a number of records and a time, such as 100/1s or 1000/10m, or none"
);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((records, seconds)) = self.get() else {
            return f.write_str("none");
        };
        let fits = |(_, factor): &(char, u32)| seconds.is_multiple_of(*factor);
        let (unit, factor) = UNITS.into_iter().find(fits).unwrap_or(('s', 1));
        write!(f, "{records}/{}{unit}", seconds / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_has_a_number_and_a_time() {
        for (text, limit) in [
            ("none", Limit::NONE),
            ("100/1s", Limit::per(100, Duration::from_secs(1))),
            ("1/2m", Limit::per(1, Duration::from_secs(120))),
            ("9/90s", Limit::per(9, Duration::from_secs(90))),
        ] {
            assert_eq!(text.parse().ok(), Some(limit), "{text}");
            assert_eq!(limit.to_string(), text);
        }
        assert!("1/1000000h".parse::<Limit>().is_ok());
        for text in [
            "",
            "100",
            "0/1s",
            "+1/1s",
            "1/0s",
            "1/s",
            "1/1d",
            "1/1h1m",
            "x/1s",
            "9/2000000h",
        ] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
