//! Limits the records of each call site in a period, and counts the rest.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use log::Record;

use super::config::Limit;
use crate::os::sys::Settable;

/// The largest number of known call sites. Further ones are not limited.
const SITES: usize = 1024;

/// Counts the records of each call site, without a lock.
pub(super) struct Limiter {
    /// The number of records allowed in a period of `seconds`.
    records: u32,
    seconds: u32,
    keys: RandomState,
    sites: Box<[Site]>,
}

struct Site {
    /// The hash of the call site, or 0 for a free entry.
    key: AtomicU64,
    name: Settable<(&'static str, u32)>,
    /// The period in the upper half, and the number of its records in the lower half.
    window: AtomicU64,
    refused: AtomicU64,
}

impl Limiter {
    /// Returns `None` without a limit.
    pub(super) fn new(limit: Limit) -> Option<Self> {
        let (records, seconds) = limit.get()?;
        let free = || Site {
            key: AtomicU64::new(0),
            name: Settable::empty(),
            window: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        };
        Some(Self {
            records,
            seconds,
            keys: RandomState::new(),
            sites: std::iter::repeat_with(free).take(SITES).collect(),
        })
    }

    /// Returns whether the record, logged in `second`, may be written. A record without a file and
    /// a line is not limited.
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
            (true, count) if count < u64::from(self.records) => Some(window + 1),
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
        (second.unsigned_abs() / u64::from(self.seconds)) & u64::from(u32::MAX)
    }

    /// Returns the counters of a call site. Its first record claims an entry.
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

    /// Reports the number of refused records per call site. With `second` only counts of earlier
    /// periods are reported.
    pub(super) fn report(&self, second: Option<i64>, tell: &mut dyn FnMut(fmt::Arguments<'_>)) {
        let now = second.map(|second| self.period(second));
        for site in &self.sites {
            let over = now != Some(site.window.load(Ordering::Relaxed) >> 32);
            let (true, Some((file, line))) = (over, site.name.get()) else {
                continue;
            };
            let refused = site.refused.swap(0, Ordering::Relaxed);
            if refused > 0 {
                tell(format_args!("suppressed {refused} more from {file}:{line}"));
            }
        }
    }

    /// Clears the counts in a forked child, because the parent reports them.
    pub(super) fn forget(&self) {
        for site in &self.sites {
            site.refused.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn limiter(records: u32) -> Limiter {
        let limiter = Limiter::new(Limit::per(records, Duration::from_secs(10)));
        limiter.unwrap_or_else(|| unreachable!())
    }

    #[test]
    fn site_beyond_its_limit_waits_for_the_next_period() {
        let limiter = limiter(2);
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
        assert!(told[0].contains("from a.rs:1"), "{told:?}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "too slow when interpreted")]
    fn site_beyond_the_table_is_not_limited() {
        let limiter = limiter(1);
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
