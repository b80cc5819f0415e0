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
        self.next_among(|_| true)
    }

    /// As [`Timers::next`], of the timers whose index `is_free`.
    pub(crate) fn next_among(&self, is_free: impl Fn(usize) -> bool) -> Option<Instant> {
        let timers = self.0.iter().enumerate();
        let free = timers.filter(|(index, _)| is_free(*index));
        free.map(|(_, (_, due))| *due).min()
    }

    /// Takes the timer that has been due longest at `now`. Its next tick is a whole number of
    /// periods after the first, so all missed ticks count as one.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<&'static str> {
        self.take_due_among(now, |_| true).map(|(_, name)| name)
    }

    /// As [`Timers::take_due`], of the timers whose index `is_free`. Returns that as well.
    pub(crate) fn take_due_among(
        &mut self,
        now: Instant,
        is_free: impl Fn(usize) -> bool,
    ) -> Option<(usize, &'static str)> {
        let (index, (timer, due)) = self
            .0
            .iter_mut()
            .enumerate()
            .filter(|(index, (_, due))| *due <= now && is_free(*index))
            .min_by_key(|(_, (_, due))| *due)?;
        let missed = nanos(now - *due) / nanos(timer.period).max(1);
        let periods = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        *due += timer.period.saturating_mul(periods);
        Some((index, timer.name))
    }
}
