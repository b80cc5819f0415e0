//! Recovery of the records that a killed daemon had buffered.

use std::path::PathBuf;

use crate::confine::privileges::Identity;
use crate::instance::lock::LockFile;
use crate::instance::state::Snapshot;
use crate::logger::{self, Logger};
use crate::settings::Settings;

/// Appends the records that a daemon had buffered when it was killed to its log.
///
/// Ignores errors: the next start recovers the rest, and reports its errors. It also leaves another
/// user's log to the next start, because root should not write there in place of that user.
pub(super) fn recover_log(settings: &Settings, lock: Option<&LockFile>) {
    // Only buffered logs leave records.
    if !logger::LOG_EXTRAS {
        return;
    }
    let page = lock.and_then(|lock| Snapshot::read(lock.file()).ok().flatten());
    // The last daemon may have been configured with another path than this verb.
    let last = page
        .map(|page| PathBuf::from(page.log_file()))
        .filter(|path| path.is_absolute());
    if settings.user.as_ref().is_none_or(Identity::is_current) {
        let _ = Logger::recover(last.as_ref().unwrap_or(&settings.log_file));
    }
}
