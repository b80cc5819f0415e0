//! Where everything is in the page, and how it is encoded.

use crate::logger::Level;
use crate::os::sys::PAGE_WORDS;

/// The length of the page.
pub(crate) const BYTES: usize = PAGE_WORDS * size_of::<u64>();

/// The first word: what the page is, and the version of its layout.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"daemonr1");

/// A word of the page.
#[derive(Debug, Clone, Copy)]
#[repr(usize)]
pub(super) enum Word {
    Magic = 0,
    Sequence,
    Phase,
    /// When the daemon process began, in seconds since 1970.
    Started,
    /// When the current hook began, on the boot clock, in nanoseconds; 0 outside hooks.
    HookSince,
    /// 1 while the hook waits in the runtime: idle, however long.
    HookWaits,
    /// How many reloads were begun, and how many are over.
    ReloadsBegun,
    ReloadsDone,
    /// The exit code of the last reload, 0 when it did not fail.
    ReloadCode,
    /// When the last reload was over, in seconds since 1970.
    ReloadedAt,
    /// In milliseconds, 0 for never.
    HangAfter,
    StopTimeout,
    Foreground,
    /// The level in force, and the one that a verb asks for (0 for none), as `Level` numbers plus
    /// 1.
    Level,
    LevelWanted,
    /// How long the verb that stops the daemon waits, as a [`StopLimit`].
    StopLimit,
    /// 1 while a verb asks for an upgrade that the daemon has not seen.
    UpgradeWanted = 462,
    /// How many upgrades were begun, and how many are over.
    UpgradesBegun,
    UpgradesDone,
    /// The exit code of the last upgrade, 0 when another program runs.
    UpgradeCode,
    /// When the last upgrade was over, in seconds since 1970.
    UpgradedAt,
    /// How many programs ran before this one, in this process.
    Generation,
    /// How much work is in flight. Any thread of the daemon writes it.
    InFlight = 470,
    /// How many values took the place of one that panicked.
    Restarts = 510,
    /// When a value panicked last, in seconds since 1970; 0 for never.
    PanickedAt,
}

/// A text of the page, as the range of its words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text(pub(super) usize, pub(super) usize);

pub(super) const HOOK: Text = Text(16, 24);
pub(super) const STATUS: Text = Text(24, 88);
pub(super) const RELOAD: Text = Text(88, 184);
pub(super) const SUPERVISOR: Text = Text(184, 216);
pub(super) const LOG_FILE: Text = Text(216, 366);
pub(super) const UPGRADE: Text = Text(366, Word::UpgradeWanted as usize);
pub(super) const PANIC: Text = Text(478, Word::Restarts as usize);

/// Where the daemon is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Phase {
    Starting = 1,
    Running = 2,
    Reloading = 3,
    Stopping = 4,
    Upgrading = 5,
}

/// 0 is for none.
pub(super) fn encode(level: Level) -> u64 {
    level as u64 + 1
}

pub(super) fn decode(word: u64) -> Option<Level> {
    Some(Level::from_number(u8::try_from(word.checked_sub(1)?).ok()?))
}
