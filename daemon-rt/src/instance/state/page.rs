//! The page as its daemon writes it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

use super::layout::{
    BYTES, HOOK, LOG_FILE, MAGIC, PANIC, Phase, RELOAD, STATUS, SUPERVISOR, Text, UPGRADE, Word,
    decode, encode,
};
use crate::logger::Level;
use crate::os::clock::{boot, millis, nanos, unix_seconds};
use crate::os::deadline::StopLimit;
use crate::os::known_file::KnownFile;
use crate::os::sys::{self, PAGE_WORDS};

/// The page as its daemon writes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    words: &'static [AtomicU64; PAGE_WORDS],
}

impl Page {
    /// Maps the page of `file`, which is made as long as a page and emptied.
    ///
    /// # Errors
    /// ENOSPC and the like: the bytes are written here and now. Where a file system needs room for
    /// each change, a later one may lose the page, [`Page::is_lost`].
    pub(crate) fn map(file: &File) -> io::Result<Self> {
        // On the stack: on the heap it would keep a page after it for the life of the process.
        let mut empty = [0; BYTES];
        empty[..8].copy_from_slice(&MAGIC.to_le_bytes());
        file.write_all_at(&empty, 0)?;
        // The settings that another daemon published are behind the page.
        file.set_len(BYTES as u64)?;
        let page = Self {
            words: sys::map_page(file)?,
        };
        page.write(|page| page.set(Word::Started, unix_seconds()));
        Ok(page)
    }

    /// Maps the page of `file` as the program before this one left it, in the same process.
    ///
    /// # Errors
    /// The file has no page of this version; `mmap(2)` fails.
    pub(crate) fn adopt(file: &File) -> io::Result<Self> {
        // The mapping of a file that is too short could not be read.
        if file.metadata()?.len() < BYTES as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let words = sys::map_page(file)?;
        let page = Self { words };
        if page.get(Word::Magic) != MAGIC {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(page)
    }

    /// Lets copies of the daemon have neither the page nor the descriptor of its file. Otherwise they
    /// would keep a lock of that open file description beyond the end of the daemon.
    pub(crate) fn separate_copies(self, file: &KnownFile) {
        sys::keep_from_copies(file.as_fd(), file.id(), self.words);
    }

    /// Returns whether verbs read nothing new in the file any more. It was truncated, or its disk
    /// is full. A verb that writes extends a truncated file again, by zeros.
    pub(crate) fn is_lost(self) -> bool {
        sys::is_page_broken(self.words) || self.get(Word::Magic) != MAGIC
    }

    /// Goes on in `file` with what this page says.
    pub(crate) fn move_to(self, file: &File) -> io::Result<Self> {
        // First: when the file was only renamed for a moment, it is the same one, and emptied now.
        let before = self
            .words
            .each_ref()
            .map(|word| word.load(Ordering::Relaxed));
        let page = Self::map(file)?;
        page.write(|page| {
            // Not the first two, which are the page's own.
            let both = page.words.iter().zip(before);
            for (new, old) in both.skip(Word::Sequence as usize + 1) {
                new.store(old, Ordering::Relaxed);
            }
        });
        Ok(page)
    }

    pub(crate) fn set_phase(self, phase: Phase) {
        self.write(|page| page.set(Word::Phase, phase as u64));
    }

    /// Sets the phase of a daemon that runs, if the page has none.
    pub(crate) fn make_running(self) {
        if self.get(Word::Phase) == 0 {
            self.set_phase(Phase::Running);
        }
    }

    /// Notes the limits of the daemon, by which verbs go unless they have an option.
    pub(crate) fn set_limits(self, hang_after: Duration, stop_timeout: Duration, foreground: bool) {
        self.write(|page| {
            page.set(Word::HangAfter, millis(hang_after));
            page.set(Word::StopTimeout, millis(stop_timeout));
            page.set(Word::Foreground, u64::from(foreground));
        });
    }

    pub(crate) fn set_log_file(self, path: &[u8]) {
        self.write(|page| page.put(LOG_FILE, path));
    }

    /// Records the supervisor of a foreground daemon.
    pub(crate) fn set_supervisor(self, record: &str) {
        self.write(|page| page.put(SUPERVISOR, record.as_bytes()));
    }

    pub(crate) fn enter_hook(self, name: &str) {
        let now = nanos(boot());
        self.write(|page| {
            page.put(HOOK, name.as_bytes());
            page.set(Word::HookSince, now);
        });
    }

    pub(crate) fn leave_hook(self) {
        self.write(|page| page.set(Word::HookSince, 0));
    }

    /// Notes that the hook waits in the runtime, or that it goes on: each time is progress.
    pub(crate) fn set_waiting(self, waits: bool) {
        // Between two hooks it is the loop that waits.
        if self.get(Word::HookSince) == 0 {
            return;
        }
        let now = nanos(boot());
        self.write(|page| {
            page.set(Word::HookWaits, u64::from(waits));
            page.set(Word::HookSince, now);
        });
    }

    pub(crate) fn set_status(self, text: &str) {
        self.write(|page| page.put(STATUS, text.as_bytes()));
    }

    pub(crate) fn begin_reload(self) {
        let begun = self.get(Word::ReloadsBegun) + 1;
        self.write(|page| {
            page.set(Word::ReloadsBegun, begun);
            page.set(Word::Phase, Phase::Reloading as u64);
        });
    }

    /// Returns the number of the reload that has begun.
    #[cfg(feature = "config")]
    pub(crate) fn reload_number(self) -> u64 {
        self.get(Word::ReloadsBegun)
    }

    /// Notes the result of the reload that [`Page::begin_reload`] began, and how the daemon goes on.
    /// The `code` is that of the verb. The `text` is its reason, or after code 0 what changed.
    pub(crate) fn end_reload(self, code: u8, text: &str, then: Phase) {
        let begun = self.get(Word::ReloadsBegun);
        self.write(|page| {
            page.put(RELOAD, text.as_bytes());
            page.set(Word::ReloadCode, u64::from(code));
            page.set(Word::ReloadedAt, unix_seconds());
            page.set(Word::ReloadsDone, begun);
            page.set(Word::Phase, then as u64);
        });
    }

    /// Returns whether a verb asks for an upgrade.
    pub(crate) fn wants_upgrade(self) -> bool {
        self.get(Word::UpgradeWanted) != 0
    }

    /// Discards the request of a verb that was killed.
    pub(crate) fn forget_upgrade(self) {
        self.set(Word::UpgradeWanted, 0);
    }

    /// Takes the request, and notes that an upgrade has begun.
    pub(crate) fn begin_upgrade(self) {
        let begun = self.get(Word::UpgradesBegun) + 1;
        self.set(Word::UpgradeWanted, 0);
        self.write(|page| page.set(Word::UpgradesBegun, begun));
    }

    /// Notes the result of the upgrade that [`Page::begin_upgrade`] began. The `code` is that of the
    /// verb, and the `text` is its reason, or after code 0 what changed.
    pub(crate) fn end_upgrade(self, code: u8, text: &str) {
        let begun = self.get(Word::UpgradesBegun);
        let generation = self.get(Word::Generation) + u64::from(code == 0);
        self.write(|page| {
            page.put(UPGRADE, text.as_bytes());
            page.set(Word::UpgradeCode, u64::from(code));
            page.set(Word::UpgradedAt, unix_seconds());
            page.set(Word::Generation, generation);
            page.set(Word::UpgradesDone, begun);
        });
    }

    /// Notes a panic that another value will follow.
    pub(crate) fn note_panic(self, what: &str) {
        self.write(|page| {
            page.put(PANIC, what.as_bytes());
            page.set(Word::PanickedAt, unix_seconds());
        });
    }

    /// Notes that another value is being built.
    pub(crate) fn note_restart(self) {
        let restarts = self.get(Word::Restarts) + 1;
        self.write(|page| page.set(Word::Restarts, restarts));
    }

    pub(crate) fn set_level(self, level: Level) {
        self.write(|page| page.set(Word::Level, encode(level)));
    }

    /// The level that a verb asked for since the last call.
    pub(crate) fn take_wanted_level(self) -> Option<Level> {
        let word = &self.words[Word::LevelWanted as usize];
        // A load first: the swap would dirty the page at every turn.
        if word.load(Ordering::Relaxed) == 0 {
            return None;
        }
        decode(word.swap(0, Ordering::Relaxed))
    }

    /// Returns the word in which a verb says how long it waits for a stop.
    pub(crate) fn stop_limit(self) -> &'static AtomicU64 {
        &self.words[Word::StopLimit as usize]
    }

    /// Returns the word that has the number of work in flight.
    pub(crate) fn in_flight(self) -> &'static AtomicU64 {
        &self.words[Word::InFlight as usize]
    }

    fn get(self, word: Word) -> u64 {
        self.words[word as usize].load(Ordering::Relaxed)
    }

    fn set(self, word: Word, value: u64) {
        self.words[word as usize].store(value, Ordering::Relaxed);
    }

    /// Puts a text, cut at what fits and ended by a NUL.
    fn put(self, text: Text, bytes: &[u8]) {
        let words = &self.words[text.0..text.1];
        let fits = &bytes[..bytes.len().min(words.len() * 8 - 1)];
        for (at, word) in words.iter().enumerate() {
            let mut chunk = [0; 8];
            let rest = fits.get(at * 8..).unwrap_or_default();
            let length = rest.len().min(8);
            chunk[..length].copy_from_slice(&rest[..length]);
            word.store(u64::from_le_bytes(chunk), Ordering::Relaxed);
            if length < 8 {
                break;
            }
        }
    }

    /// Runs `change` between two steps of the sequence counter; only the loop's thread writes.
    fn write(self, change: impl FnOnce(Self)) {
        let sequence = self.get(Word::Sequence);
        self.set(Word::Sequence, sequence | 1);
        fence(Ordering::Release);
        change(self);
        self.words[Word::Sequence as usize].store((sequence | 1) + 1, Ordering::Release);
    }
}

/// Requests a level of the daemon of `file`, which looks at it when it next wakes.
#[cfg(feature = "cli")]
pub(crate) fn want_level(file: &File, level: Level) -> io::Result<()> {
    file.write_all_at(
        &encode(level).to_le_bytes(),
        (Word::LevelWanted as usize * 8) as u64,
    )
}

/// Requests an upgrade of the daemon of `file`, or withdraws the request.
pub(crate) fn want_upgrade(file: &File, wanted: bool) -> io::Result<()> {
    file.write_all_at(
        &u64::from(wanted).to_le_bytes(),
        (Word::UpgradeWanted as usize * 8) as u64,
    )
}

/// Notes for the daemon of `file` how long the verb waits that stops it. `None` is without a limit.
pub(crate) fn set_stop_limit(file: &File, limit: Option<Duration>) -> io::Result<()> {
    let limit = limit.map_or(StopLimit::Never, StopLimit::After);
    file.write_all_at(
        &limit.word().to_le_bytes(),
        (Word::StopLimit as usize * 8) as u64,
    )
}
