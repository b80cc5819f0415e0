//! Waiting for what another process does: by looking again and again, never by sleeping for long
//! enough.

use std::time::{Duration, Instant};

/// How long anything may take that is expected to happen. Far more than it takes, since the
/// machine may be busy: only a test that fails waits so long.
pub const DEADLINE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(2);

/// Looks until `look` finds something; `None` when the deadline is over.
pub fn until<T>(look: impl FnMut() -> Option<T>) -> Option<T> {
    until_within(DEADLINE, look)
}

/// Looks like [`until`], with a deadline after `time`.
pub fn until_within<T>(time: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + time;
    loop {
        let found = look();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Looks until `holds` is true.
///
/// # Panics
/// When it never is.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    assert!(
        until(|| holds().then_some(())).is_some(),
        "after {DEADLINE:?} still not true: {what}"
    );
}
