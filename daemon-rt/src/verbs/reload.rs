//! `reload`: makes the daemon reload, and waits for the result.

use std::time::Instant;

use nix::libc;

use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::queue::Purpose;
use crate::instance::state::Phase;
use crate::os::console::report;
use crate::settings::Settings;
use crate::verbs::holder::{LOOK, find_holder, find_lock, read_page, whereabouts};
use crate::verbs::upgrade::request;

/// Sends SIGHUP, and waits until the page shows the end of a reload that began afterwards.
#[inline(never)]
pub(super) fn reload(settings: &Settings) -> Result<u8, Error> {
    let mut lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    lock.hold(settings.name, Purpose::Change, settings.verb_timeout())?;
    let holder = find_holder(settings, &lock)?.ok_or_else(Error::not_running)?;
    forget_upgrade(&lock)?;
    // A reload in progress may have read the old state already, so wait for the next one.
    let awaited = read_page(&lock)?.reloads_begun() + 1;
    holder.send(&lock, libc::SIGHUP)?;
    let limit = settings.verb_timeout();
    let end = Instant::now() + limit;
    let page = loop {
        let page = read_page(&lock)?;
        if page.reloads() >= awaited {
            break page;
        }
        if holder.ends_within(&lock, LOOK) {
            // It may have answered since.
            let page = read_page(&lock)?;
            if page.reloads() >= awaited {
                break page;
            }
            let pid = holder.pid;
            let text = format!("pid {pid} ended during the reload; see the log");
            return Err(Error::other(text));
        }
        if Instant::now() >= end {
            let place = whereabouts(&lock).unwrap_or_default();
            let text = format!("not reloaded within {limit:?}{place}; see `status`");
            return Err(Error::timed_out(text));
        }
    };
    let Some(last) = page.last_reload() else {
        report(settings.name, "reloaded");
        return Ok(0);
    };
    if last.code != 0 {
        let then = match page.phase() {
            Some(Phase::Stopping) => "the daemon ends",
            Some(Phase::Starting) => "the daemon starts again",
            _ => "the daemon keeps its old state",
        };
        let reason = whole_reason(&lock, page.reloads(), last.text);
        let text = format!("not reloaded, {then}: {reason}");
        return Err(Error::not_reloaded(text, last.code));
    }
    match last.text.as_str() {
        "" => report(settings.name, "reloaded"),
        changes => report(settings.name, format_args!("reloaded, {changes}")),
    }
    Ok(0)
}

/// Withdraws the request of an `upgrade` that was killed. The daemon would take this verb for it.
fn forget_upgrade(lock: &LockFile) -> Result<(), Error> {
    if read_page(lock)?.wants_upgrade() && lock.refuse_read_only().is_ok() {
        return request(lock, false);
    }
    Ok(())
}

/// Returns the reason of the failed reload `number`, for which the page may have lacked the room.
#[cfg(feature = "config")]
fn whole_reason(lock: &LockFile, number: u64, short: String) -> String {
    match lock.published() {
        Ok(Some(published)) if published.failed.0 == number => published.failed.1,
        _ => short,
    }
}

/// Returns the reason as the page has it.
#[cfg(not(feature = "config"))]
fn whole_reason(_: &LockFile, _: u64, short: String) -> String {
    short
}
