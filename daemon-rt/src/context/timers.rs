//! The timers of `#[every]`: on the monotonic clock, without drift, and without piling up.

use std::time::Instant;

use crate::os::clock::nanos;
use crate::spec::Timer;

/// The timers of a daemon and when each is due.
#[derive(Debug)]
pub(crate) struct Timers(Vec<(Timer, Instant)>);

impl Timers {
    pub(crate) fn new(timers: &[Timer]) -> Self {
        let now = Instant::now();
        Self(timers.iter().map(|timer| (*timer, now)).collect())
    }

    /// Sets the first ticks, one period from now.
    pub(crate) fn start(&mut self) {
        let now = Instant::now();
        for (timer, due) in &mut self.0 {
            *due = now + timer.period;
        }
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(_, due)| *due).min()
    }

    /// Takes the timer that has been due longest at `now`. Its next tick is a whole number of
    /// periods after the first, so all missed ticks count as one.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<&'static str> {
        let (timer, due) = self
            .0
            .iter_mut()
            .filter(|(_, due)| *due <= now)
            .min_by_key(|(_, due)| *due)?;
        let missed = nanos(now - *due) / nanos(timer.period).max(1);
        let periods = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        *due += timer.period.saturating_mul(periods);
        Some(timer.name)
    }
}
