//! The wait for the rest of a part of a record.

use std::time::{Duration, Instant};

/// How long it is waited for the rest of a part of a record, with which the log ends, and the time between
/// two looks: who left it may be dying still, or another process is completing it, and both may have
/// to wait for the processor.
const PATIENCE: Duration = Duration::from_secs(1);
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// Waits for the rest of a part of a record.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// When it is over, once it has begun.
    end: Option<Instant>,
}

impl Patience {
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    pub(super) fn pause(&mut self) {
        self.end.get_or_insert_with(|| Instant::now() + PATIENCE);
        std::thread::sleep(PAUSE);
    }
}
