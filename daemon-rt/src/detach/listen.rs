//! The step that opens the sockets of the listeners, in the daemon.

use std::ffi::OsStr;
use std::os::fd::AsFd;

use super::detached::Detached;
use super::way::Way;
use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::part::LISTENERS;
use crate::listen::Listeners;
use crate::manager;
use crate::notify::State;
use crate::settings::Settings;
use crate::upgrade::{Heritage, Inheritance};

/// The key of a listener that the next program takes over, and the beginning of its descriptor's name.
const LISTENER: &str = "listener";

/// Opens the sockets of all listeners, and publishes them.
///
/// A manager that stores sockets keeps those that are bound here, until the unit stops. So a restart,
/// a crash and a failed start refuse no client.
pub(super) fn open(way: &mut Way) -> Result<(), Error> {
    let (listeners, inherited) = (&way.settings.listeners, std::mem::take(&mut way.inherited));
    let Some(opener) = way.settings.spec.opener else {
        return Ok(());
    };
    let plan = (opener.plan)(listeners, inherited)?;
    for name in &plan.unwanted {
        manager::notify(&[State::Forget(name)]);
    }
    if !plan.unwanted.is_empty() {
        // The manager's copies keep their addresses until it has closed them.
        manager::flush();
    }
    let group = way.settings.user.as_ref().map(|user| user.gid);
    way.listeners = (opener.bind_rest)(plan, listeners, group)?;
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
        if let Some(opener) = self.settings.spec.opener {
            for name in (opener.release)(&mut self.listeners) {
                manager::notify(&[State::Forget(&name)]);
            }
        }
        self.listeners.close_orphans();
        store(&mut self.listeners);
    }
}

/// Takes over the sockets of the program before this one, and binds those of new listeners.
///
/// # Errors
/// A descriptor is not open; a new listener cannot be bound.
pub(super) fn adopt(settings: &Settings, from: &Inheritance) -> Result<Listeners, Error> {
    let lines = from.all(LISTENER).filter_map(OsStr::to_str);
    let kept = lines.map(|line| {
        let name = line.split(' ').next().unwrap_or_default();
        Ok((line.to_owned(), from.descriptor(&key(name))?))
    });
    let kept = kept.collect::<Result<Vec<_>, Error>>()?;
    let listeners = &settings.listeners;
    match settings.spec.opener {
        Some(opener) => (opener.bind_rest)((opener.adopt)(listeners, kept)?, listeners, None),
        // The program before may come back for them.
        None => Ok(Listeners::orphans(
            kept.into_iter().map(|(_, socket)| socket).collect(),
        )),
    }
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
