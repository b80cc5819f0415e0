//! An upgrade: another program takes over the process, with its pid, its lock and its descriptors.
//!
//! The request of a verb is a word in the state page. The daemon first runs `PATH check` as a child of
//! its own, while its hooks go on. That child has the daemon's user, root and namespaces, as the
//! program itself will. It compares the declarations, and reads the settings. If it refuses, nothing
//! has stopped.
//!
//! Then the daemon drains, calls `on_stop`, drops the value, and executes the program. If that fails, it
//! builds a value of its own again.

mod check;
mod depart;
mod ready;
mod stage;

use std::time::Instant;

use self::check::Check;
pub(super) use self::stage::Stage;
use super::runtime::{Runtime, note_stop};
use crate::context::{life, wait};
use crate::instance::state::Phase;
use crate::manager;
use crate::notify::State;
use crate::os::console::TARGET;
use crate::os::deadline;
use crate::pending;

impl Runtime {
    /// Begins an upgrade that a verb asks for, and takes the answer of the new program. Called between
    /// two turns.
    pub(super) fn turn_upgrade(&mut self) {
        if self.context.page.wants_upgrade() && !self.detached.lock.has_verb() {
            // Nobody waits for it any more.
            self.context.page.forget_upgrade();
        } else if self.context.page.wants_upgrade() {
            self.context.page.begin_upgrade();
            log::info!(target: TARGET, "asked for an upgrade");
            self.upgrade = match Check::begin(&self.detached) {
                Ok(check) => Stage::Checking(check),
                Err(error) => {
                    self.refuse_upgrade(error.exit_code(), &error.to_string());
                    Stage::None
                }
            };
        }
        let Stage::Checking(check) = &mut self.upgrade else {
            return;
        };
        match check.poll() {
            None => {}
            Some(Ok(program)) => {
                self.upgrade = Stage::Due(program);
                wait::change(|now| now.upgrading = true);
            }
            Some(Err(error)) => self.refuse_upgrade(error.exit_code(), &error.to_string()),
        }
        self.note_children();
    }

    /// Tells the loop whether the end of a child is for it: of one that a hook spawned, or of the new
    /// program that checks.
    pub(super) fn note_children(&self) {
        let matter = self.context.children.matter() || matches!(self.upgrade, Stage::Checking(_));
        wait::change(|now| now.has_children = matter);
    }

    /// Returns when the loop has to look at the new program at the latest, or `next` if that is earlier.
    pub(super) fn look_at(&self, next: Option<Instant>) -> Option<Instant> {
        let limit = match &self.upgrade {
            Stage::Checking(check) => Some(check.end()),
            Stage::None | Stage::Due(_) => None,
        };
        [limit, next].into_iter().flatten().min()
    }

    /// Returns whether another program is to take over now. A stop goes before that.
    pub(super) fn is_upgrade_due(&self) -> bool {
        let stopping = wait::get().is_some_and(|now| now.stopping);
        matches!(self.upgrade, Stage::Due(_)) && !stopping && !pending::stop_waits()
    }

    /// Ends an upgrade after which this program goes on.
    pub(super) fn refuse_upgrade(&mut self, code: u8, reason: &str) {
        for line in reason.lines() {
            log::error!(target: TARGET, "refused the upgrade: {line}");
        }
        self.upgrade = Stage::None;
        wait::change(|now| now.upgrading = false);
        self.context.page.end_upgrade(code, reason);
    }

    /// Ends an upgrade because the daemon ends.
    pub(super) fn leave_upgrade(&mut self) {
        if !matches!(self.upgrade, Stage::None) {
            self.refuse_upgrade(1, "the daemon stops");
        }
    }

    /// Publishes that the value of this program is about to end.
    pub(super) fn begin_departure(&self) {
        let path = self.detached.invocation.path.display();
        log::info!(target: TARGET, "upgrading to {path}");
        self.context.page.set_phase(Phase::Upgrading);
        let spec = &self.detached.settings.spec;
        let limit = spec.stop_timeout.saturating_add(spec.start_timeout);
        manager::notify(&[State::Reloading, State::ExtendTimeout(limit)]);
        wait::change(|now| (now.in_on_stop, now.next_timer) = (true, None));
    }

    /// Stops a daemon whose value is gone, and returns the exit code.
    pub(super) fn end_without_value(&mut self) -> u8 {
        let asked = deadline::asked();
        self.leave_upgrade();
        self.note_end();
        note_stop();
        self.context.children.end(|| asked + deadline::work_limit());
        self.finish();
        life::code()
    }

    /// Begins the life of another value of this program, since no other program has taken over.
    pub(super) fn return_from_departure(&mut self) {
        self.upgrade = Stage::None;
        wait::change(|now| (now.upgrading, now.in_on_stop) = (false, false));
        self.note_children();
    }
}
