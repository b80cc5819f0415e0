//! The times at which the manager's watchdog is fed.

use std::time::{Duration, Instant};

/// When the manager is to hear that the loop turns.
#[derive(Debug, Clone, Copy)]
pub struct Watchdog {
    period: Duration,
    due: Option<Instant>,
}

impl Watchdog {
    /// For a manager that ends a process which was silent for `limit`.
    ///
    /// A third of it: `sd_watchdog_enabled(3)` advises a half, and a turn may come a little late.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            period: limit / 3,
            due: None,
        }
    }

    /// How long the loop may sleep until its next turn is due.
    #[must_use]
    pub fn time_left(&self, now: Instant) -> Duration {
        self.due
            .map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// Whether it is time; if so, the next time is one period later.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.time_left(now).is_zero();
        if is_due {
            self.due = now.checked_add(self.period);
        }
        is_due
    }
}
