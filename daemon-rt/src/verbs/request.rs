//! `signal` and `log-level`: requests to a running daemon.

use std::time::Instant;

use nix::libc;

use crate::error::Error;
use crate::instance::state;
use crate::logger::Level;
use crate::os::console::report;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::verbs::holder::{LOOK, find_running, read_page, whereabouts};

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
            "the daemon does not handle {wanted}, which could end it; pass one of {names}"
        )));
    }
    let (lock, holder) = find_running(settings)?;
    holder.send(&lock, wanted.number())?;
    let pid = holder.pid;
    report(settings.name, format_args!("{wanted} sent to pid {pid}"));
    Ok(0)
}

/// Sets the level of the running daemon until it stops, or prints the level.
#[inline(never)]
pub(super) fn log_level(settings: &Settings, wanted: Option<Level>) -> Result<u8, Error> {
    let (lock, holder) = find_running(settings)?;
    let Some(wanted) = wanted else {
        let level = read_page(&lock)?.level().unwrap_or(Level::Off);
        report(settings.name, level);
        return Ok(0);
    };
    // Check the page before writing: in a truncated file the request would be the only content.
    read_page(&lock)?;
    lock.refuse_read_only()?;
    state::want_level(lock.file(), wanted)
        .map_err(|source| Error::at("write the state page", lock.path(), source))?;
    // SIGCHLD only wakes the loop, and does not reload anything.
    holder.send(&lock, libc::SIGCHLD)?;
    let end = Instant::now() + settings.verb_timeout();
    while read_page(&lock)?.wants_level() {
        if holder.ends_within(&lock, LOOK) {
            return Err(Error::not_running());
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            return Err(Error::timed_out(format!(
                "level requested, but the daemon has not applied it yet{place}; see `status`"
            )));
        }
    }
    report(settings.name, format_args!("level {wanted}"));
    Ok(0)
}
