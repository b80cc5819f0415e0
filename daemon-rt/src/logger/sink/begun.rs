//! The day of the open file, by which a daily rotation is due.

use std::sync::atomic::{AtomicI64, Ordering};

/// The value of an unknown second.
const UNKNOWN: i64 = i64::MIN;

/// A second of the day of the open file, despite a clock that is set.
///
/// The last record does not decide the day, because one from before midnight may be written later.
/// That happens in the thread of the buffer, and in another process.
pub(super) struct Begun {
    known: AtomicI64,
    /// The first second at which the clock was behind `known`.
    behind: AtomicI64,
}

impl Begun {
    pub(super) const fn unknown() -> Self {
        Self {
            known: AtomicI64::new(UNKNOWN),
            behind: AtomicI64::new(UNKNOWN),
        }
    }

    /// Forgets the day, because another file is open now.
    pub(super) fn forget(&self) {
        self.known.store(UNKNOWN, Ordering::Relaxed);
        self.behind.store(UNKNOWN, Ordering::Relaxed);
    }

    /// Returns the second at `now`, for a file that was changed last in the second `changed`.
    ///
    /// A machine without a clock boots in 1970 and is set later, so a clock behind the file begins
    /// no new day. If the file is from the future, the days of the clock count once they pass.
    pub(super) fn second(&self, changed: i64, now: i64) -> i64 {
        let known = match self.known.load(Ordering::Relaxed) {
            UNKNOWN => changed,
            known => known,
        };
        self.known.store(known, Ordering::Relaxed);
        let (behind, second) = match self.behind.load(Ordering::Relaxed) {
            _ if known <= now => (UNKNOWN, known),
            UNKNOWN => (now, now),
            since => (since.min(now), since.min(now)),
        };
        self.behind.store(behind, Ordering::Relaxed);
        second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const TODAY: i64 = 1_796_000_000;

    #[test]
    fn clock_of_1970_that_is_set_begins_no_day() {
        let begun = Begun::unknown();
        assert_eq!(begun.second(TODAY, 100), 100);
        // The records of 1970 have changed the file.
        assert_eq!(begun.second(100, 160), 100);
        assert_eq!(begun.second(160, TODAY + HOUR), TODAY);
        assert_eq!(begun.second(TODAY, TODAY + 2 * HOUR), TODAY);
    }

    #[test]
    fn file_of_the_future_lets_the_days_pass() {
        let begun = Begun::unknown();
        let future = TODAY + 9999 * HOUR;
        assert_eq!(begun.second(future, TODAY), TODAY);
        assert_eq!(begun.second(TODAY, TODAY + 30 * HOUR), TODAY);
        begun.forget();
        let later = TODAY + 30 * HOUR;
        assert_eq!(begun.second(later, later + HOUR), later);
    }
}
