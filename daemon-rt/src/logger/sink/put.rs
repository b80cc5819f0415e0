//! Writes lines to the log, and counts the lost ones.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};

use super::host::Host;
use super::open::Sink;
use crate::logger::output::{Failure, byte_at, write_whole};

impl Sink {
    /// Writes one line to the log, or to the staging file if there is one. An `urgent` line also
    /// drains the staging file. Returns whether the line is in either.
    #[inline]
    pub(in crate::logger) fn put(&self, line: &[u8], urgent: bool, host: &impl Host) -> bool {
        match self.stage(host) {
            None => self.put_now(line, host),
            Some(stage) => self.put_staged(stage, line, urgent, host),
        }
    }

    #[inline]
    pub(super) fn put_now(&self, line: &[u8], host: &impl Host) -> bool {
        if self.lost.load(Ordering::Relaxed) > 0 && !self.report_lost(host) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let written = self.write_line(line);
        if !written {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        written
    }

    /// Writes a line. Returns whether all of it is in the log.
    #[inline]
    fn write_line(&self, line: &[u8]) -> bool {
        let written = match self.syslog() {
            None => write_whole(self.output.as_fd(), line),
            Some(syslog) => syslog.send(self.output.as_fd(), line),
        };
        if let Err(failure) = written {
            self.fail(failure);
            self.torn.fetch_or(failure.done > 0, Ordering::Relaxed);
        }
        written.is_ok()
    }

    /// Logs the number of lost records. Returns false if the log still cannot be written.
    #[cold]
    fn report_lost(&self, host: &impl Host) -> bool {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return true;
        }
        let reason = Errno::from_raw(self.reason.load(Ordering::Relaxed)).desc();
        let records = if lost == 1 { "record" } else { "records" };
        let mut done = false;
        host.announce(
            format_args!("{lost} {records} lost: {reason}"),
            &mut |line| {
                let torn = self.torn.swap(false, Ordering::Relaxed);
                let ended = !torn || is_line_begun(self.output.as_fd()) || self.write_line(b"\n");
                self.torn.fetch_or(!ended, Ordering::Relaxed);
                done = ended && self.write_line(line);
                done
            },
        );
        if !done {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
        done
    }

    #[cold]
    pub(super) fn fail(&self, failure: Failure) {
        self.reason.store(failure.errno as i32, Ordering::Relaxed);
        self.complain(failure.errno);
    }
}

/// Returns whether the next record begins a line, although the last one was partial. Another
/// process may have begun it, or have truncated the file.
fn is_line_begun(log: BorrowedFd<'_>) -> bool {
    let Ok(stat) = fstat(log) else {
        return false;
    };
    match stat.st_size.unsigned_abs().checked_sub(1) {
        None => SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG,
        Some(last) => byte_at(log, last) == Some(b'\n'),
    }
}
