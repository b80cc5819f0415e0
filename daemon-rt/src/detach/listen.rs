//! The step that opens the sockets of the listeners, in the daemon.

use std::ffi::OsStr;
use std::os::fd::AsFd;

use super::detached::Detached;
use super::way::Way;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::part::LISTENERS;
use crate::listen::{Listen, Listeners, Plan};
use crate::manager;
use crate::notify::State;
use crate::upgrade::{Heritage, Inheritance};

/// The key of a listener that the next program takes over, and the beginning of its descriptor's name.
const LISTENER: &str = "listener";

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
    /// Hands the sockets to the next program.
    pub(super) fn hand_over_listeners(&self, to: &mut Heritage) {
        for open in self.listeners.iter() {
            if let Some(line) = open.to_line() {
                to.put(LISTENER, line);
                to.put_descriptor(&key(open.name), &*open.socket);
            }
        }
    }

    /// Closes the sockets of the program before this one that no listener has, and stores those that
    /// are new. Runs when this program is ready.
    pub(crate) fn settle_listeners(&mut self) {
        // In this order, since a new socket may get the name of an old one.
        for name in self.listeners.release() {
            manager::notify(&[State::Forget(&name)]);
        }
        store(&mut self.listeners);
    }
}

/// Takes over the sockets of the program before this one, and binds those of new listeners.
///
/// # Errors
/// A descriptor is not open; a new listener cannot be bound.
pub(super) fn adopt(listeners: &[Listen], from: &Inheritance) -> Result<Listeners, Error> {
    let lines = from.all(LISTENER).filter_map(OsStr::to_str);
    let kept = lines.map(|line| {
        let name = line.split(' ').next().unwrap_or_default();
        Ok((line.to_owned(), from.descriptor(&key(name))?))
    });
    let kept = kept.collect::<Result<Vec<_>, Error>>()?;
    Plan::adopt(listeners, kept)?.bind_rest(listeners, None)
}

/// Returns the name of a listener's descriptor.
fn key(name: &str) -> String {
    format!("{LISTENER}.{name}")
}

/// Publishes the listeners for `status`, in the daemon.
///
/// # Errors
/// As for [`LockFile::write_part`].
pub(crate) fn publish(lock: &LockFile, listeners: &Listeners) -> Result<(), Error> {
    lock.write_part(&LISTENERS, &listeners.to_text())
}
