//! The page as a verb reads it: from the file, while the daemon may be writing.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use super::layout::{
    BYTES, HOOK, LOG_FILE, MAGIC, PANIC, Phase, RELOAD, STATUS, SUPERVISOR, Text, UPGRADE, Word,
    decode,
};
use crate::logger::Level;
use crate::os::clock::{boot, nanos};

/// The result of a reload or of an upgrade.
#[derive(Debug)]
pub(crate) struct Last {
    /// When it was over, in seconds since 1970.
    pub(crate) at: u64,
    /// The exit code of the verb.
    pub(crate) code: u8,
    /// Why it failed, or after code 0 what changed.
    pub(crate) text: String,
}

/// The page as a verb reads it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    bytes: Vec<u8>,
}

impl Snapshot {
    /// Reads the page; none when the file has no page of this version.
    pub(crate) fn read(file: &File) -> io::Result<Option<Self>> {
        let mut snapshot = Self {
            bytes: vec![0; BYTES],
        };
        // A daemon that was killed while it wrote leaves the counter odd.
        for _ in 0..100 {
            match file.read_exact_at(&mut snapshot.bytes, 0) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                done => done?,
            }
            let mut after = [0; 8];
            file.read_exact_at(&mut after, (Word::Sequence as usize * 8) as u64)?;
            let sequence = snapshot.get(Word::Sequence);
            if sequence.is_multiple_of(2) && sequence == u64::from_le_bytes(after) {
                break;
            }
            std::thread::yield_now();
        }
        Ok((snapshot.get(Word::Magic) == MAGIC).then_some(snapshot))
    }

    pub(crate) fn phase(&self) -> Option<Phase> {
        [
            Phase::Starting,
            Phase::Running,
            Phase::Reloading,
            Phase::Stopping,
            Phase::Upgrading,
        ]
        .into_iter()
        .find(|phase| *phase as u64 == self.get(Word::Phase))
    }

    /// The hook that runs, and for how long it has.
    pub(crate) fn hook(&self) -> Option<(String, Duration)> {
        let since = self.get(Word::HookSince);
        let time = Duration::from_nanos(nanos(boot()).saturating_sub(since));
        (since != 0).then(|| (self.text(HOOK), time))
    }

    /// Whether the hook waits in the runtime.
    pub(crate) fn waits(&self) -> bool {
        self.get(Word::HookWaits) != 0
    }

    /// Whether the hook that runs takes longer than `hang_after`.
    pub(crate) fn hangs(&self) -> bool {
        let limit = Duration::from_millis(self.get(Word::HangAfter));
        !limit.is_zero() && !self.waits() && self.hook().is_some_and(|(_, time)| time >= limit)
    }

    /// In seconds since 1970, where it is known.
    pub(crate) fn started(&self) -> Option<u64> {
        Some(self.get(Word::Started)).filter(|at| *at != 0)
    }

    pub(crate) fn stop_timeout(&self) -> Duration {
        Duration::from_millis(self.get(Word::StopTimeout))
    }

    #[cfg(feature = "cli")]
    pub(crate) fn is_foreground(&self) -> bool {
        self.get(Word::Foreground) != 0
    }

    pub(crate) fn reloads(&self) -> u64 {
        self.get(Word::ReloadsDone)
    }

    pub(crate) fn reloads_begun(&self) -> u64 {
        self.get(Word::ReloadsBegun)
    }

    /// Returns the last reload that is over.
    pub(crate) fn last_reload(&self) -> Option<Last> {
        let code = self.get(Word::ReloadCode);
        (self.reloads() != 0).then(|| Last {
            at: self.get(Word::ReloadedAt),
            code: u8::try_from(code).unwrap_or(1),
            text: self.text(RELOAD),
        })
    }

    /// Returns how much work is in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.get(Word::InFlight)
    }

    /// Returns whether a verb asks for an upgrade that the daemon has not seen.
    pub(crate) fn wants_upgrade(&self) -> bool {
        self.get(Word::UpgradeWanted) != 0
    }

    pub(crate) fn upgrades(&self) -> u64 {
        self.get(Word::UpgradesDone)
    }

    pub(crate) fn upgrades_begun(&self) -> u64 {
        self.get(Word::UpgradesBegun)
    }

    /// Returns the last upgrade that is over.
    pub(crate) fn last_upgrade(&self) -> Option<Last> {
        let code = self.get(Word::UpgradeCode);
        (self.upgrades() != 0).then(|| Last {
            at: self.get(Word::UpgradedAt),
            code: u8::try_from(code).unwrap_or(1),
            text: self.text(UPGRADE),
        })
    }

    /// Returns how many programs ran before this one, in the daemon's process.
    pub(crate) fn generation(&self) -> u64 {
        self.get(Word::Generation)
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.get(Word::Restarts)
    }

    /// When the daemon panicked last and began again, in seconds since 1970, and where.
    pub(crate) fn last_panic(&self) -> Option<(u64, String)> {
        let at = self.get(Word::PanickedAt);
        (at != 0).then(|| (at, self.text(PANIC)))
    }

    pub(crate) fn status(&self) -> String {
        self.text(STATUS)
    }

    /// Returns the record of the supervisor; empty for a detached daemon.
    pub(crate) fn supervisor(&self) -> String {
        self.text(SUPERVISOR)
    }

    pub(crate) fn level(&self) -> Option<Level> {
        decode(self.get(Word::Level))
    }

    /// Whether the daemon has not looked yet at the level that a verb asked for.
    #[cfg(feature = "cli")]
    pub(crate) fn wants_level(&self) -> bool {
        self.get(Word::LevelWanted) != 0
    }

    /// Returns the log of the running daemon, for people. Empty if it logs to stderr. A path that
    /// is too long for its field ends with an ellipsis.
    pub(crate) fn log_file(&self) -> String {
        let end = if self.is_cut(LOG_FILE) { "…" } else { "" };
        self.text(LOG_FILE) + end
    }

    /// Returns the path of the log file, or `None` if it is too long for its field.
    pub(crate) fn log_path(&self) -> Option<PathBuf> {
        let path = OsStr::from_bytes(self.raw(LOG_FILE));
        (!self.is_cut(LOG_FILE)).then(|| PathBuf::from(path))
    }

    fn get(&self, word: Word) -> u64 {
        let at = word as usize * 8;
        self.bytes
            .get(at..at + 8)
            .and_then(|b| b.try_into().ok())
            .map_or(0, u64::from_le_bytes)
    }

    fn text(&self, text: Text) -> String {
        String::from_utf8_lossy(self.raw(text)).into_owned()
    }

    fn raw(&self, text: Text) -> &[u8] {
        let bytes = &self.bytes[text.0 * 8..text.1 * 8];
        let end = bytes.iter().position(|byte| *byte == 0);
        &bytes[..end.unwrap_or(bytes.len())]
    }

    /// Whether the text fills its field, so that a part may be missing.
    fn is_cut(&self, text: Text) -> bool {
        self.raw(text).len() + 1 >= (text.1 - text.0) * 8
    }
}
