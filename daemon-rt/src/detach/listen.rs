//! The step that opens the sockets of the listeners, in the daemon.

use std::os::fd::AsFd;

use super::detached::Detached;
use super::way::Way;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::part::LISTENERS;
use crate::listen::{Listeners, Plan};
use crate::manager;
use crate::notify::State;

/// Opens the sockets of all listeners, and publishes them.
///
/// A manager that stores sockets keeps those that are bound here, until the unit stops. So a restart,
/// a crash and a failed start refuse no client.
pub(super) fn open(way: &mut Way) -> Result<(), Error> {
    if way.settings.listeners.is_empty() {
        return Ok(());
    }
    let plan = Plan::of(&way.settings.listeners, std::mem::take(&mut way.inherited))?;
    for name in &plan.unwanted {
        manager::notify(&[State::Forget(name)]);
    }
    if !plan.unwanted.is_empty() {
        // The manager's copies keep their addresses until it has closed them.
        manager::flush();
    }
    let group = way.settings.user.as_ref().map(|user| user.gid);
    way.listeners = plan.bind_rest(&way.settings.listeners, group)?;
    store(&mut way.listeners);
    match &way.lock {
        Some(lock) => publish(lock, &way.listeners),
        None => Ok(()),
    }
}

/// Stores the sockets that are bound here at the service manager.
fn store(listeners: &mut Listeners) {
    for open in listeners.iter_mut().filter(|open| !open.is_stored) {
        if let Some(name) = open.name_to_store() {
            open.is_stored = manager::store(&name, open.socket.as_fd());
        }
    }
}

impl Detached {
    /// Closes the sockets of the program before this one that no listener has, and stores those that
    /// are new. Runs when this program is ready.
    #[allow(dead_code, reason = "`upgrade` calls it soon")]
    pub(crate) fn settle_listeners(&mut self) {
        // In this order, since a new socket may get the name of an old one.
        for name in self.listeners.release() {
            manager::notify(&[State::Forget(&name)]);
        }
        store(&mut self.listeners);
    }
}

/// Publishes the listeners for `status`, in the daemon.
///
/// # Errors
/// As for [`LockFile::write_part`].
pub(crate) fn publish(lock: &LockFile, listeners: &Listeners) -> Result<(), Error> {
    lock.write_part(&LISTENERS, &listeners.to_text())
}
