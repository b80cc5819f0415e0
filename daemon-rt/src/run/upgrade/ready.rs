//! A program that has taken over: it is ready, or the program before it runs again.

use super::super::runtime::Runtime;
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
        self.detached.settle_listeners();
        // A descriptor that no longer leads back.
        let _ = from.descriptor_if_any(BEFORE);
        match from.text(BACK) {
            None => {
                let text = describe(&from, self.detached.settings.spec.version);
                log::info!(target: TARGET, "took over the process{text}");
                self.context.page.end_upgrade(0, &text);
            }
            Some(reason) => {
                log::error!(target: TARGET, "came back after an upgrade: {reason}");
                self.context.page.end_upgrade(1, reason);
            }
        }
    }
}

/// Returns how the version has changed, where both programs declare one.
fn describe(from: &Inheritance, version: Option<&str>) -> String {
    match (from.text("program-version"), version) {
        (Some(old), Some(new)) if !old.is_empty() => format!(", from {old} to {new}"),
        _ => String::new(),
    }
}
