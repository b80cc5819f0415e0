//! `upgrade`: makes another program take over the process of the daemon, and waits for the result.

use std::time::Instant;

use nix::libc;

use crate::error::Error;
use crate::instance::lock::LockFile;
use crate::instance::queue::Purpose;
use crate::instance::state::{Phase, Snapshot, want_upgrade};
use crate::os::console::report;
use crate::settings::Settings;
use crate::verbs::holder::{LOOK, Process, find_holder, find_lock, read_page, whereabouts};

/// Asks the daemon for an upgrade, and waits until the page shows its end.
///
/// The verb lock is held meanwhile, so that no other daemon starts and no other verb changes this one.
#[inline(never)]
pub(super) fn upgrade(settings: &Settings) -> Result<u8, Error> {
    let mut lock = find_lock(settings)?.ok_or_else(Error::not_running)?;
    lock.hold(settings.name, Purpose::Change, settings.verb_timeout())?;
    let holder = find_holder(settings, &lock)?.ok_or_else(Error::not_running)?;
    lock.refuse_read_only()?;
    // Check the page before writing: in a truncated file the request would be the only content.
    let page = read_page(&lock)?;
    if page.phase() == Some(Phase::Stopping) {
        return Err(Error::not_running());
    }
    let awaited = page.upgrades_begun() + 1;
    request(&lock, true)?;
    // SIGCHLD only wakes the loop.
    holder.send(&lock, libc::SIGCHLD)?;
    let page = wait(settings, &lock, &holder, awaited)?;
    let pid = holder.pid;
    match page.last_upgrade() {
        Some(last) if last.code == 0 => {
            report(
                settings.name,
                format_args!("upgraded, pid {pid}{}", last.text),
            );
            Ok(0)
        }
        last => {
            let (code, reason) = last.map_or((1, String::new()), |last| (last.code, last.text));
            let then = match page.phase() {
                Some(Phase::Stopping) => "the daemon ends",
                _ => "the old program runs",
            };
            let text = format!("not upgraded, {then}: {reason}");
            Err(Error::not_reloaded(text, code))
        }
    }
}

/// Requests an upgrade of the daemon, or withdraws the request.
pub(super) fn request(lock: &LockFile, wanted: bool) -> Result<(), Error> {
    want_upgrade(lock.file(), wanted)
        .map_err(|source| Error::at("write the state page", lock.path(), source))
}

/// Waits for the end of the upgrade number `awaited`.
///
/// The new program is asked, the old value ends, another one starts, and possibly the old program
/// again. Each part has a limit.
fn wait(
    settings: &Settings,
    lock: &LockFile,
    holder: &Process,
    awaited: u64,
) -> Result<Snapshot, Error> {
    let limit = settings.verb_timeout() + settings.spec.start_timeout * 2;
    let end = Instant::now() + limit;
    loop {
        // In this order: a daemon that has ended may have answered before.
        let has_ended = holder.ends_within(lock, LOOK);
        let page = read_page(lock)?;
        if page.upgrades() >= awaited {
            return Ok(page);
        }
        if has_ended {
            let pid = holder.pid;
            return Err(Error::other(format!(
                "pid {pid} ended during the upgrade; see the log"
            )));
        }
        if Instant::now() >= end {
            // If the daemon takes the request in this moment, the upgrade goes on without the verb.
            let _ = request(lock, false);
            let place = whereabouts(lock).unwrap_or_default();
            return Err(Error::timed_out(format!(
                "not upgraded within {limit:?}{place}; see `status`"
            )));
        }
    }
}
