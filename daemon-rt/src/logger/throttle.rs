//! Limits a storm of records: a limit per call site, and one line for a repeated message.
//! Suppressed records are counted, and the log reports the count.

use std::fmt::{self, Write};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use log::Record;
#[cfg(feature = "log-extras")]
use log::kv::{self, Key, Value, VisitSource};

use super::config::{Limit, Repeats};
use super::extras::LOG_EXTRAS;
use super::level::Level;
use super::limiter::Limiter;
use crate::os::own;

/// Writes a line of the logger itself.
pub(super) type Tell<'a> = &'a mut dyn FnMut(fmt::Arguments<'_>);

pub(super) struct Throttle {
    limiter: Option<Limiter>,
    repeats: Option<Folder>,
    /// The second of the last report of the counts.
    told: AtomicI64,
    /// The process of the counts. A forked child starts at zero.
    owner: AtomicU32,
}

impl Throttle {
    /// Returns `None` if records are neither limited nor folded.
    pub(super) fn new(limit: Limit, repeats: Repeats) -> Option<Self> {
        let folds = repeats == Repeats::Fold;
        (LOG_EXTRAS && (limit != Limit::NONE || folds)).then(|| Self {
            limiter: Limiter::new(limit),
            repeats: folds.then(Folder::new),
            told: AtomicI64::new(0),
            owner: AtomicU32::new(own::pid()),
        })
    }

    /// Returns whether the record, logged in `second`, is to be written.
    pub(super) fn admits(
        &self,
        level: Level,
        record: &Record<'_>,
        second: i64,
        tell: Tell<'_>,
    ) -> bool {
        self.own();
        self.tell_due(second, tell);
        let within = self
            .limiter
            .as_ref()
            .is_none_or(|limiter| limiter.admits(record, second));
        within
            && self
                .repeats
                .as_ref()
                .is_none_or(|repeats| repeats.is_new(level, record, tell))
    }

    /// Reports the suppressed records, at most once a second.
    pub(super) fn tell_due(&self, second: i64, tell: Tell<'_>) {
        if self.told.load(Ordering::Relaxed) != second
            && self.told.swap(second, Ordering::Relaxed) != second
        {
            self.tell(Some(second), tell);
        }
    }

    /// Reports all suppressed records.
    pub(super) fn tell_all(&self, tell: Tell<'_>) {
        self.own();
        self.tell(None, tell);
    }

    fn tell(&self, second: Option<i64>, tell: Tell<'_>) {
        if let Some(limiter) = &self.limiter {
            limiter.report(second, tell);
        }
        if let Some(repeats) = &self.repeats {
            repeats.report(tell);
        }
    }

    fn own(&self) {
        let pid = own::pid();
        if self.owner.load(Ordering::Relaxed) != pid
            && self.owner.swap(pid, Ordering::Relaxed) != pid
        {
            self.limiter.iter().for_each(Limiter::forget);
            self.repeats.iter().for_each(Folder::forget);
        }
    }
}

/// Recognizes a record that equals the one before, but for its time.
struct Folder {
    keys: RandomState,
    last: AtomicU64,
    count: AtomicU64,
}

impl Folder {
    fn new() -> Self {
        Self {
            keys: RandomState::new(),
            last: AtomicU64::new(0),
            count: AtomicU64::new(0),
        }
    }

    /// Returns whether the record differs from the last one. If so, first reports the repeats of
    /// the last one.
    fn is_new(&self, level: Level, record: &Record<'_>, tell: Tell<'_>) -> bool {
        let mark = self.mark(level, record);
        if self.last.swap(mark, Ordering::Relaxed) == mark {
            self.count.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.report(tell);
        true
    }

    fn report(&self, tell: Tell<'_>) {
        // A load comes first, because the count is zero except in a storm.
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        match self.count.swap(0, Ordering::Relaxed) {
            0 => {}
            1 => tell(format_args!("last message repeated once")),
            count => tell(format_args!("last message repeated {count} times")),
        }
    }

    /// Returns a mark of the record: 64 bits, hashed with a random key of this process.
    fn mark(&self, level: Level, record: &Record<'_>) -> u64 {
        let mut hash = Hashing(self.keys.build_hasher());
        hash.0.write_u8(level as u8);
        // Hashing cannot fail. A `Display` that fails ends its part of the text.
        let _ = write!(hash, "{}\0{}", record.target(), record.args());
        #[cfg(feature = "log-extras")]
        let _ = record.key_values().visit(&mut hash);
        hash.0.finish().max(1)
    }

    fn forget(&self) {
        self.count.store(0, Ordering::Relaxed);
    }
}

/// Hashes text during its formatting, without an allocation.
struct Hashing<H>(H);

impl<H: Hasher> Write for Hashing<H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

#[cfg(feature = "log-extras")]
impl<'kvs, H: Hasher> VisitSource<'kvs> for Hashing<H> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        Ok(write!(self, "\0{key}\0{value}")?)
    }
}
