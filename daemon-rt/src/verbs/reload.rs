//! `reload`, `signal` and `log-level`: requests to a running daemon.

use std::time::{Duration, Instant};

use nix::libc;

use crate::error::Error;
use crate::instance::lock::{LockFile, Purpose};
use crate::instance::state::{self, Phase, Snapshot};
use crate::logger::Level;
use crate::os::console::report;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::verbs::holder::{find_holder, find_lock, find_running, whereabouts};

/// The interval between two reads of the page while a verb waits for the daemon.
const LOOK: Duration = Duration::from_millis(5);

/// Sends SIGHUP, and waits until the page shows the end of a reload that began afterwards.
#[inline(never)]
pub(super) fn reload(settings: &Settings) -> Result<u8, Error> {
    let mut lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    lock.hold(settings.name, Purpose::Change, settings.verb_timeout())?;
    let holder = find_holder(&lock)?.ok_or_else(Error::not_running)?;
    // A reload in progress may have read the old state already, so wait for the next one.
    let awaited = page(&lock)?.reloads_begun() + 1;
    holder.send(libc::SIGHUP)?;
    let limit = settings.verb_timeout();
    let end = Instant::now() + limit;
    let page = loop {
        let page = page(&lock)?;
        if page.reloads() >= awaited {
            break page;
        }
        if holder.ends_within(LOOK) {
            let pid = holder.pid;
            let text = format!("pid {pid} ended during the reload; see the log");
            return Err(Error::other(text));
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            let text = format!("not reloaded within {limit:?}{place}");
            return Err(Error::timed_out(text));
        }
    };
    if let Some((_, Some(reason))) = page.last_reload() {
        let then = match page.phase() {
            Some(Phase::Stopping) => "the daemon ends",
            Some(Phase::Starting) => "the daemon starts again",
            _ => "the daemon keeps its old state",
        };
        return Err(Error::other(format!("not reloaded, {then}: {reason}")));
    }
    report(settings.name, "reloaded");
    Ok(0)
}

/// Sends a signal that the daemon handles.
#[inline(never)]
pub(super) fn send(settings: &Settings, wanted: Signal) -> Result<u8, Error> {
    let own = [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGCHLD,
        Signal::SIGCONT,
    ];
    let handled = || settings.spec.signals.iter().chain(&own);
    if !handled().any(|signal| *signal == wanted) {
        let names: Vec<_> = handled().map(Signal::to_string).collect();
        let names = names.join(", ");
        return Err(Error::usage(format!(
            "the daemon does not handle {wanted}, which could end it; it handles {names}"
        )));
    }
    let (_, holder) = find_running(settings)?;
    holder.send(wanted.number())?;
    let pid = holder.pid;
    report(settings.name, format_args!("{wanted} sent to pid {pid}"));
    Ok(0)
}

/// Sets the level of the running daemon until it stops, or prints the level.
#[inline(never)]
pub(super) fn log_level(settings: &Settings, wanted: Option<Level>) -> Result<u8, Error> {
    let (lock, holder) = find_running(settings)?;
    let Some(wanted) = wanted else {
        let level = page(&lock)?.level().unwrap_or(Level::Off);
        report(settings.name, level);
        return Ok(0);
    };
    // Check the page before writing: in a truncated file the request would be the only content.
    page(&lock)?;
    state::want_level(lock.file(), wanted)
        .map_err(|source| Error::at("write the state page", lock.path(), source))?;
    // SIGCHLD only wakes the loop, and does not reload anything.
    holder.send(libc::SIGCHLD)?;
    let end = Instant::now() + settings.verb_timeout();
    while page(&lock)?.wants_level() {
        if holder.ends_within(LOOK) {
            return Err(Error::not_running());
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            return Err(Error::timed_out(format!(
                "level requested, but the daemon has not applied it yet{place}"
            )));
        }
    }
    report(settings.name, format_args!("level {wanted}"));
    Ok(0)
}

fn page(lock: &LockFile) -> Result<Snapshot, Error> {
    let page = Snapshot::read(lock.file())
        .map_err(|e| Error::at("read the state page", lock.path(), e))?;
    page.ok_or_else(|| {
        let path = lock.path().display();
        Error::other(format!(
            "{path} has no state page of this version: another program holds it, or it was cut short and \
             the daemon has had no turn since"
        ))
    })
}
