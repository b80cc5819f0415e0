//! What a killed daemon had logged and its log does not have yet.

use std::path::PathBuf;

use crate::confine::privileges::Identity;
use crate::instance::lock::LockFile;
use crate::instance::state::Snapshot;
use crate::logger;
use crate::settings::Settings;

/// Puts into the log what the daemon, which does not run, had buffered when it was killed.
///
/// It is no part of what the verb promises: what fails here, the next start does and tells. So does
/// it for another user's log, where root should not go in that user's stead.
pub(super) fn recover_log(settings: &Settings, lock: Option<&LockFile>) {
    // Only a buffer leaves anything.
    if !logger::LOG_EXTRAS {
        return;
    }
    let page = lock.and_then(|lock| Snapshot::read(lock.file()).ok().flatten());
    // The last daemon may have been told another place than this verb.
    let last = page
        .map(|page| PathBuf::from(page.log_file()))
        .filter(|path| path.is_absolute());
    if settings.user.as_ref().is_none_or(Identity::is_current) {
        let _ = logger::recover(last.as_ref().unwrap_or(&settings.log_file));
    }
}
