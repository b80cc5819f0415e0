//! The pause after a panic, before the next value is built.

use std::time::Duration;

/// The pause after the first panic.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(60);

/// After a life of this length a panic counts as the first one.
const CALM: Duration = Duration::from_secs(5 * 60);

/// The pause before the next value. A value that panics at once then neither keeps a processor busy
/// nor fills a disk with backtraces.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) const fn new() -> Self {
        Self(FIRST)
    }

    /// Returns the pause after a panic that ended a life of this length.
    pub(super) fn after(&mut self, life: Duration) -> Duration {
        if life >= CALM {
            self.0 = FIRST;
        }
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, CALM};

    #[test]
    fn pauses_double_to_a_minute_until_a_calm_life() {
        let mut backoff = Backoff::new();
        let mut after = |life| backoff.after(life).as_secs();
        let quick: Vec<_> = (0..8).map(|_| after(Duration::ZERO)).collect();
        assert_eq!(quick, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(after(Duration::from_secs(299)), 60);
        assert_eq!([after(CALM), after(Duration::ZERO)], [1, 2]);
    }
}
