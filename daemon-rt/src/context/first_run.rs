//! Reports a first `run` that neither returns nor waits, which is most often an endless loop.
//!
//! The loop's thread is inside of that `run`. So the record is composed before, with the time at
//! which `run` began, and the handler of a timer writes it.

use std::time::Duration;

use crate::logger::{Level, Logger};
use crate::os::alarm;

/// Logs a warning with this `advice` if [`end`] is not called within `limit`; zero is no limit. On
/// the loop's thread.
pub(crate) fn begin(limit: Duration, advice: &str) {
    if limit.is_zero() {
        return;
    }
    let prepare = |logger: &'static Logger| {
        logger.prepare(
            Level::Warn,
            format_args!(
                "blocked by `run`, which began at this time and has neither returned nor waited for \
                 {limit:?}: {advice}; until then no signal is handled"
            ),
        )
    };
    if let Some(text) = Logger::installed().and_then(prepare) {
        // Without the timer only the warning is missing.
        let _ = alarm::set(limit, text);
    }
}

/// Ends the watch. On the loop's thread.
pub(crate) fn end() {
    alarm::clear();
}
