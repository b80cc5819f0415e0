//! The times at which the manager's watchdog is fed.

use std::time::{Duration, Instant};

/// The schedule of the messages that feed the watchdog.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watchdog {
    period: Duration,
    due: Option<Instant>,
}

impl Watchdog {
    /// Creates the schedule for a manager that ends a process after `limit` without a message.
    ///
    /// The period is a third of it. `sd_watchdog_enabled(3)` recommends a half, and a turn may be
    /// late.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            period: limit / 3,
            due: None,
        }
    }

    /// Returns the limit of the manager.
    pub(crate) fn limit(&self) -> Duration {
        self.period * 3
    }

    /// Returns how long the loop may sleep until its next turn is due.
    pub(crate) fn time_left(&self, now: Instant) -> Duration {
        self.due
            .map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// Returns whether a message is due. If so, the next one is due a period later.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.time_left(now).is_zero();
        if is_due {
            self.due = now.checked_add(self.period);
        }
        is_due
    }
}
