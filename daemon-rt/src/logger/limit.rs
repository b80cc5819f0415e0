//! So many records of one call site in a time; the rest is counted.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use log::Record;

use super::error::Error;
use crate::os::sys::Settable;

/// How many call sites are known at most; those beyond are not limited.
const SITES: usize = 1024;

/// The largest number in a limit; the attribute has the same bound.
const MOST: u32 = 1_000_000;

/// How many records a call site may write in how many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    records: u32,
    seconds: u32,
}

/// `100/1s`: the units are `s`, `m` and `h`.
impl FromStr for Limit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Limit(text.to_owned());
        let (records, time) = text.split_once('/').ok_or_else(wrong)?;
        let in_units = |(unit, factor)| Some((time.strip_suffix(unit)?, factor));
        let units = [('s', 1), ('m', 60), ('h', 3600)];
        let (number, factor) = units.into_iter().find_map(in_units).ok_or_else(wrong)?;
        let seconds = number.parse().ok().and_then(|n: u32| n.checked_mul(factor));
        let most = 1..=MOST;
        match (records.parse(), number.parse(), seconds) {
            (Ok(records), Ok(number), Some(seconds))
                if most.contains(&records) && most.contains(&number) =>
            {
                Ok(Self { records, seconds })
            }
            _ => Err(wrong()),
        }
    }
}

/// Counts the records of each call site, without a lock.
pub(super) struct Limiter {
    limit: Limit,
    keys: RandomState,
    sites: Box<[Site]>,
}

struct Site {
    /// Which call site it is; 0 for none yet.
    key: AtomicU64,
    name: Settable<(&'static str, u32)>,
    /// The period in the upper half, and below how many records it has had.
    window: AtomicU64,
    refused: AtomicU64,
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Self {
        let free = || Site {
            key: AtomicU64::new(0),
            name: Settable::empty(),
            window: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        };
        Self {
            limit,
            keys: RandomState::new(),
            sites: std::iter::repeat_with(free).take(SITES).collect(),
        }
    }

    /// Whether the record, logged in `second`, may be written. Records that do not say where they
    /// are from may.
    pub(super) fn admits(&self, record: &Record<'_>, second: i64) -> bool {
        let (Some(file), Some(line)) = (record.file_static(), record.line()) else {
            return true;
        };
        let Some(site) = self.site(file, line) else {
            return true;
        };
        let period = self.period(second);
        let admit = |window: u64| match (window >> 32 == period, window & u64::from(u32::MAX)) {
            (false, _) => Some(period << 32 | 1),
            (true, count) if count < u64::from(self.limit.records) => Some(window + 1),
            (true, _) => None,
        };
        let admitted = site
            .window
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, admit);
        if admitted.is_err() {
            site.refused.fetch_add(1, Ordering::Relaxed);
        }
        admitted.is_ok()
    }

    fn period(&self, second: i64) -> u64 {
        (second.unsigned_abs() / u64::from(self.limit.seconds)) & u64::from(u32::MAX)
    }

    /// The counters of a call site, which get their place at its first record.
    fn site(&self, file: &'static str, line: u32) -> Option<&Site> {
        let key = self.keys.hash_one((file.as_ptr().addr(), line)).max(1);
        let start = usize::try_from(key % SITES as u64).unwrap_or(0);
        let (before, from) = self.sites.split_at(start);
        from.iter().chain(before).find(|site| {
            let known = site.key.load(Ordering::Relaxed);
            if known != 0 {
                return known == key;
            }
            match site
                .key
                .compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => {
                    site.name.set(Some((file, line)));
                    true
                }
                Err(winner) => winner == key,
            }
        })
    }

    /// Tells how many records were refused: in periods that are over in `second`, or in all.
    pub(super) fn report(&self, second: Option<i64>, tell: &mut dyn FnMut(fmt::Arguments<'_>)) {
        let now = second.map(|second| self.period(second));
        for site in &self.sites {
            let over = now != Some(site.window.load(Ordering::Relaxed) >> 32);
            let (true, Some((file, line))) = (over, site.name.get()) else {
                continue;
            };
            let refused = site.refused.swap(0, Ordering::Relaxed);
            if refused > 0 {
                tell(format_args!(
                    "{refused} more records of {file}:{line} were not written"
                ));
            }
        }
    }

    /// Forgets what was refused: another process tells it.
    pub(super) fn forget(&self) {
        for site in &self.sites {
            site.refused.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_a_time() {
        let read = |text: &str| {
            text.parse::<Limit>()
                .ok()
                .map(|it| (it.records, it.seconds))
        };
        assert_eq!(read("100/1s"), Some((100, 1)));
        assert_eq!(read("1/2m"), Some((1, 120)));
        for text in [
            "",
            "100",
            "0/1s",
            "1/0s",
            "1/s",
            "1/1d",
            "1/1h1m",
            "x/1s",
            "9/2000000h",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn each_site_has_its_own_records_in_each_period() {
        let limiter = Limiter::new(Limit {
            records: 2,
            seconds: 10,
        });
        let admitted = |line, second| {
            let record = Record::builder()
                .file_static(Some("a.rs"))
                .line(Some(line))
                .build();
            limiter.admits(&record, second)
        };
        assert_eq!(
            [100, 105, 109, 110].map(|second| admitted(1, second)),
            [true, true, false, true]
        );
        assert!(admitted(2, 109) && admitted(1, 111) && !admitted(1, 119));
        let mut told = Vec::new();
        limiter.report(Some(115), &mut |text| told.push(text.to_string()));
        assert!(told.is_empty(), "{told:?}");
        limiter.report(Some(120), &mut |text| told.push(text.to_string()));
        limiter.report(None, &mut |text| told.push(text.to_string()));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("of a.rs:1"), "{told:?}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow when interpreted")]
    fn sites_beyond_the_table_are_not_limited() {
        let limiter = Limiter::new(Limit {
            records: 1,
            seconds: 10,
        });
        let twice = |line| {
            let record = Record::builder()
                .file_static(Some("a.rs"))
                .line(Some(line))
                .build();
            limiter.admits(&record, 0) && limiter.admits(&record, 0)
        };
        let beyond = (0..2048).filter(|line| twice(*line)).count();
        assert_eq!(beyond, 1024);
    }
}
