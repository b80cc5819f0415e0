//! Recovery of the records that a killed daemon had buffered.

use crate::confine::privileges::Identity;
use crate::instance::lock::LockFile;
use crate::instance::state::Snapshot;
use crate::logger::{self, Logger};
use crate::settings::Settings;

/// Appends the records that a daemon had buffered when it was killed to its log.
///
/// The state page names the log. Ignores errors: the next start recovers the rest, and reports its
/// errors. It also leaves another user's log to the next start, because root should not write there
/// in place of that user.
pub(super) fn recover_log(settings: &Settings, lock: Option<&LockFile>) {
    // Only buffered logs leave records.
    if !logger::LOG_EXTRAS || !settings.user.as_ref().is_none_or(Identity::is_current) {
        return;
    }
    let page = lock.and_then(|lock| Snapshot::read(lock.file()).ok().flatten());
    let log = page.and_then(|page| page.log_path());
    if let Some(log) = log.filter(|path| path.is_absolute()) {
        let _ = Logger::recover(&log);
    }
}
