//! A program that has taken over: it is ready, or the program before it runs again.

use super::super::runtime::Runtime;
use crate::instance::state::Phase;
use crate::os::console::TARGET;
use crate::os::sys::rollback;
use crate::pending;
use crate::upgrade::{BACK, BEFORE, Inheritance};

impl Runtime {
    /// Ends the upgrade by which this program runs, now that it is ready.
    pub(in crate::run) fn end_upgrade(&mut self) {
        let Some(from) = self.detached.inheritance.take() else {
            return;
        };
        rollback::disarm();
        pending::forget_before();
        self.detached.lock.settle();
        self.detached.settle_listeners();
        // A descriptor that no longer leads back.
        let _ = from.descriptor_if_any(BEFORE);
        match from.text(BACK) {
            None => {
                let text = describe(&from, self.detached.settings.spec.version);
                log::info!(target: TARGET, "took over the process{text}");
                self.context.page.end_upgrade(0, &text);
            }
            // It is in the log.
            Some(reason) => self.context.page.end_upgrade(1, reason),
        }
    }

    /// Ends an upgrade after which neither program is ready, for the `reason` of this one.
    pub(in crate::run) fn lose_upgrade(&self, reason: &str) {
        let Some(from) = &self.detached.inheritance else {
            return;
        };
        self.context.page.set_phase(Phase::Stopping);
        let text = match from.text(BACK) {
            Some(back) => format!("{back}; and the old program has failed: {reason}"),
            None => reason.to_owned(),
        };
        self.context.page.end_upgrade(1, &text);
    }
}

/// Returns how the version has changed, where both programs declare one.
fn describe(from: &Inheritance, version: Option<&str>) -> String {
    match (from.text("program-version"), version) {
        (Some(old), Some(new)) if !old.is_empty() => format!(", from {old} to {new}"),
        _ => String::new(),
    }
}
