//! The daemon's own settings: read before the value is built, and again by a reload.
//!
//! Both ways of life, with one hook at a time or with many, use these functions.

use std::fmt::Write;
use std::sync::Arc;

use super::fault::{Fault, in_hook};
use crate::config::Document;
use crate::context::wait::{self, HookKind};
use crate::daemon::Daemon;
use crate::detach::Detached;
use crate::error::Error;
use crate::instance::published::Published;
use crate::logger::Logger;
use crate::os::console::TARGET;
use crate::resources::Resources;
use crate::run::panics::PANICKED;
use crate::settings::config::refused;
use crate::settings::{Now, Read};
use crate::spec::Spec;

/// The length of the list of changed keys, for which the state page has room.
const LONGEST: usize = 600;

/// Why settings are not taken.
pub(super) enum Refusal {
    /// They cannot be read, or they are wrong.
    Wrong(Error),
    /// The user's `validate` panicked, which is reported already.
    Panicked(String),
}

impl Refusal {
    /// Returns the exit code of a start.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Wrong(error) => error.exit_code(),
            Self::Panicked(_) => PANICKED,
        }
    }

    /// Returns the error, unless it is reported already.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Wrong(error) => Some(error),
            Self::Panicked(_) => None,
        }
    }

    /// Logs the reason, with a record per mistake, in a daemon that keeps its old settings.
    pub(super) fn log(&self) {
        if let Self::Wrong(error) = self {
            for line in error.to_string().lines() {
                log::error!(target: TARGET, "refused the settings: {line}");
            }
        }
    }

    /// Returns the reason, with a line per mistake.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Wrong(error) => error.to_string(),
            Self::Panicked(text) => text.clone(),
        }
    }
}

/// Settings that were read and validated, and are not in force.
#[derive(Debug, Default, Clone)]
pub(super) struct Next(Option<Arc<Read>>);

impl Next {
    /// Returns whether the daemon has settings.
    pub(super) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the settings for a hook.
    pub(super) fn resources(&self) -> Resources<'_> {
        Resources::of(self.0.as_ref().map(|read| &read.document))
    }
}

/// Reads and validates the settings, and puts them in force, before the value is built.
pub(super) fn begin<D: Daemon>(detached: &mut Detached) -> Result<(), Refusal> {
    let base = detached.settings.spec;
    let Some(read) = load::<D>(detached, &base)? else {
        return Ok(());
    };
    let file = read.document.path().display();
    if read.document.is_absent() {
        log::info!(target: TARGET, "found no settings {file}, so the defaults are in force");
    } else {
        log::info!(target: TARGET, "read the settings {file}");
    }
    apply(detached, &read.spec);
    detached.config.now = Some(Box::new(Now {
        read: Arc::new(read),
        base,
        failed: (0, String::new()),
    }));
    publish(detached);
    Ok(())
}

/// Reads and validates the settings for a reload. Changes nothing.
pub(super) fn next<D: Daemon>(detached: &Detached) -> Result<Next, Refusal> {
    match &detached.config.now {
        Some(now) => {
            let read = load::<D>(detached, &now.base)?;
            let was_there = !now.read.document.is_absent();
            if let Some(read) = &read
                && was_there
                && read.document.is_absent()
            {
                return Err(Refusal::Wrong(gone(&read.document)));
            }
            Ok(Next(read.map(Arc::new)))
        }
        None => Ok(Next(None)),
    }
}

/// Returns the error of a reload whose file has vanished. It would set every key to its default.
fn gone(document: &Document) -> Error {
    let file = document.path().display();
    Error::not_configured(format!(
        "the settings {file} are gone; write the file again, or restart with the defaults"
    ))
}

/// Puts settings in force. Returns what changed, for the verb and the log.
pub(super) fn commit(detached: &mut Detached, next: Next) -> String {
    let (Next(Some(read)), Some(now)) = (next, &mut detached.config.now) else {
        return String::new();
    };
    let changes = describe(&read.document.changed(&now.read.document));
    now.read = Arc::clone(&read);
    now.failed = (0, String::new());
    apply(detached, &read.spec);
    publish(detached);
    changes
}

/// Publishes the whole reason of a failed reload, for which the state page may lack the room.
pub(super) fn note_failure(detached: &mut Detached, reason: &str) {
    if let Some(now) = &mut detached.config.now {
        now.failed = (detached.page.reload_number(), reason.to_owned());
        publish(detached);
    }
}

/// Publishes the settings in force for verbs.
pub(super) fn publish(detached: &Detached) {
    let Some(now) = &detached.config.now else {
        return;
    };
    let published = Published {
        failed: now.failed.clone(),
        ..detached.settings.published(&now.read)
    };
    if let Err(error) = detached.lock.publish(&published) {
        log::error!(target: TARGET, "{error}; the verb `config` does not show them");
    }
}

fn load<D: Daemon>(detached: &Detached, base: &Spec) -> Result<Option<Read>, Refusal> {
    let read = detached.settings.read_config(base);
    let Some(read) = read.map_err(Refusal::Wrong)? else {
        return Ok(None);
    };
    let resources = Resources::of(Some(&read.document));
    // Where hooks are futures, the panic hook takes this thread for one of the user's otherwise.
    let hooks = wait::get().map(|now| now.hooks);
    wait::change(|now| {
        if now.hooks == HookKind::Future {
            now.hooks = HookKind::Polled;
        }
    });
    let validated = in_hook(detached.page, "validate", || D::check_settings(&resources));
    wait::change(|now| now.hooks = hooks.unwrap_or(now.hooks));
    validated.map_err(|fault| match fault {
        Fault::Failed(reason) => Refusal::Wrong(refused(&reason)),
        Fault::Panicked(text) => Refusal::Panicked(text),
    })?;
    Ok(Some(read))
}

/// Puts those keys of the runtime in force that the file may set. A level that a verb has set stays
/// until the file sets another one.
fn apply(detached: &mut Detached, spec: &Spec) {
    let old = std::mem::replace(&mut detached.settings.spec, *spec);
    if let Some(logger) = Logger::installed() {
        if old.log_level != spec.log_level {
            logger.set_filter(spec.log_level);
        }
        if (old.log_limit, old.log_repeats) != (spec.log_limit, spec.log_repeats) {
            logger.set_throttle(spec.log_limit, spec.log_repeats);
        }
    }
    detached.describe(detached.page);
}

/// Lists the changed keys, as many as fit.
fn describe(names: &[String]) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        let before = if at == 0 { "changed: " } else { ", " };
        if text.len() + name.len() > LONGEST {
            let more = names.len() - at;
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "{} {more} more",
                if at == 0 { "changed:" } else { " and" }
            );
            return text;
        }
        text.extend([before, name]);
    }
    if text.is_empty() {
        "no setting changed".clone_into(&mut text);
    }
    text
}
