//! `reload`, `signal` and `log-level`: requests to a running daemon.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::libc;

use crate::error::Error;
use crate::instance::lock::{LockFile, Purpose};
use crate::instance::state::{self, Phase, Snapshot};
use crate::logger::Level;
use crate::os::console::say;
use crate::os::proc;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::spec::Spec;
use crate::verbs::holder::{find_holder, find_lock, send_signal, whereabouts};

/// The interval between two reads of the page while a verb waits for the daemon.
const LOOK: Duration = Duration::from_millis(5);

/// Sends SIGHUP, and waits until the page shows the end of a reload that began afterwards.
#[inline(never)]
pub(super) fn reload(settings: &Settings) -> Result<u8, Error> {
    let mut lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    lock.hold(settings.name, Purpose::Change, settings.verb_timeout())?;
    let (pid, pidfd) = find_holder(&lock)?.ok_or_else(Error::not_running)?;
    // A reload in progress may have read the old state already, so wait for the next one.
    let awaited = page(&lock)?.reloads_begun() + 1;
    send_signal(&pidfd, pid, libc::SIGHUP)?;
    let end = Instant::now() + settings.verb_timeout();
    loop {
        let page = page(&lock)?;
        if page.reloads() >= awaited {
            if let Some((_, Some(reason))) = page.last_reload() {
                let then = match page.phase() {
                    Some(Phase::Stopping) => "the daemon ends",
                    Some(Phase::Starting) => "the daemon starts again",
                    _ => "the daemon keeps its old state",
                };
                return Err(Error::other(format!("not reloaded, {then}: {reason}")));
            }
            say(settings.name, "reloaded");
            return Ok(0);
        }
        if proc::wait_readable(pidfd.as_fd(), LOOK) {
            return Err(Error::other(format!(
                "pid {pid} ended during the reload; see the log"
            )));
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            let limit = settings.verb_timeout();
            return Err(Error::timed_out(format!(
                "not reloaded within {limit:?}{place}"
            )));
        }
    }
}

/// Sends a signal that the daemon handles.
#[inline(never)]
pub(super) fn send(settings: &Settings, spec: &Spec, wanted: Signal) -> Result<u8, Error> {
    let own = [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGCHLD,
        Signal::SIGCONT,
    ];
    if !own.contains(&wanted) && !spec.signals.contains(&wanted) {
        let names: Vec<_> = spec
            .signals
            .iter()
            .chain(&own)
            .map(Signal::to_string)
            .collect();
        let names = names.join(", ");
        return Err(Error::usage(format!(
            "the daemon does not handle {wanted}, which could end it; it handles {names}"
        )));
    }
    let lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    let (pid, pidfd) = find_holder(&lock)?.ok_or_else(Error::not_running)?;
    send_signal(&pidfd, pid, wanted.number())?;
    say(settings.name, format_args!("{wanted} sent to pid {pid}"));
    Ok(0)
}

/// Sets the level of the running daemon until it stops, or prints the level.
#[inline(never)]
pub(super) fn log_level(settings: &Settings, wanted: Option<Level>) -> Result<u8, Error> {
    let lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    let (pid, pidfd) = find_holder(&lock)?.ok_or_else(Error::not_running)?;
    let Some(wanted) = wanted else {
        let level = page(&lock)?.level().unwrap_or(Level::Off);
        say(settings.name, level);
        return Ok(0);
    };
    // Check the page before writing: in a truncated file the request would be the only content.
    page(&lock)?;
    state::want_level(lock.file(), wanted)
        .map_err(|source| Error::at("write the state page", lock.path(), source))?;
    // SIGCHLD only wakes the loop, and does not reload anything.
    send_signal(&pidfd, pid, libc::SIGCHLD)?;
    let end = Instant::now() + settings.verb_timeout();
    while page(&lock)?.wants_level() {
        if proc::wait_readable(pidfd.as_fd(), LOOK) {
            return Err(Error::not_running());
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            return Err(Error::timed_out(format!(
                "level requested, but the daemon has not applied it yet{place}"
            )));
        }
    }
    say(settings.name, format_args!("level {wanted}"));
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
