//! The filter in force. A record reads it without a lock, and most records are decided by one look.

use std::sync::atomic::{AtomicU8, Ordering};

use super::config::Filter;
use super::level::Level;
use crate::os::sys::Settable;

/// The filter in force, read by every record without a lock.
pub(super) struct Threshold {
    level: AtomicU8,
    /// The exceptions for targets, by the number of the level of the record.
    exceptions: [Settable<Exception>; LEVELS],
}

/// The number of levels that a record can have.
const LEVELS: usize = Level::Off as usize;

impl Threshold {
    pub(super) const fn new() -> Self {
        Self {
            level: AtomicU8::new(Level::Off as u8),
            exceptions: [const { Settable::empty() }; LEVELS],
        }
    }

    pub(super) fn level(&self) -> Level {
        Level::from_number(self.level.load(Ordering::Relaxed))
    }

    /// Puts `filter` in force, here and in `log`'s own check.
    pub(super) fn set(&self, filter: Filter) {
        let rules = Rules::new(filter);
        let levels = rules.targets.iter().map(|(_, level)| *level);
        let lowest = levels.fold(rules.level, Ord::min);
        self.level.store(rules.level as u8, Ordering::Relaxed);
        for (number, exceptions) in (0..).zip(&self.exceptions) {
            exceptions.set(rules.exceptions(Level::from_number(number)));
        }
        log::set_max_level(lowest.as_log_filter());
    }

    /// Returns whether a record of `level` for `target` is to be written.
    pub(super) fn admits(&self, level: Level, target: &str) -> bool {
        match self.quick(level, target) {
            Quick::Verdict(verdict) => verdict,
            Quick::Unclear(exception) => self.decide(exception, level, target),
        }
    }

    /// Returns the verdict on a record if one look can decide it, as for most records.
    #[inline]
    pub(super) fn quick(&self, level: Level, target: &str) -> Quick {
        let Some(exceptions) = self.exceptions.get(level as usize) else {
            return Quick::Verdict(false);
        };
        let mut next = exceptions.get();
        if let Some(first) = next {
            let target = target.as_bytes();
            let Some(head) = target.first_chunk() else {
                return Quick::Unclear(first);
            };
            let head = Word::from_le_bytes(*head);
            while let Some(exception) = next {
                match exception.seems_to_cover(target, head) {
                    None => return Quick::Unclear(exception),
                    Some(true) => return Quick::Verdict(exception.admits),
                    Some(false) => next = exception.next.as_deref(),
                }
            }
        }
        Quick::Verdict(self.admits_in_general(level))
    }

    pub(super) fn decide(&self, first: &Exception, level: Level, target: &str) -> bool {
        let verdict = first.decide(target.as_bytes());
        verdict.unwrap_or_else(|| self.admits_in_general(level))
    }

    #[inline]
    fn admits_in_general(&self, level: Level) -> bool {
        level as usize >= usize::from(self.level.load(Ordering::Relaxed))
    }
}

/// A filter with its targets in order of length, the longest first. So the first one that fits is
/// the most precise.
struct Rules {
    level: Level,
    targets: Vec<(&'static str, Level)>,
}

impl Rules {
    fn new(filter: Filter) -> Self {
        // The later of two levels for a target counts, so it comes first. There are few targets, for
        // which a sort would add 6 kB to the program.
        let mut targets: Vec<(&str, Level)> = Vec::new();
        for (target, level) in filter.targets().iter().rev() {
            let at = targets.partition_point(|(other, _)| other.len() >= target.len());
            targets.insert(at, (target, *level));
        }
        let level = filter.level();
        Self { level, targets }
    }

    /// Returns the rules for records of `level`, without those that change no verdict.
    fn exceptions(&self, level: Level) -> Option<Exception> {
        let shortest_first = self.targets.iter().enumerate().rev();
        shortest_first.fold(None, |next, (at, rule)| {
            let shorter = self.targets.get(at + 1..).unwrap_or_default();
            let above = shorter
                .iter()
                .find(|other| Exception::new(**other, level, None).covers(rule.0.as_bytes()));
            let without = level >= above.map_or(self.level, |(_, level)| *level);
            if (level >= rule.1) == without {
                next
            } else {
                Some(Exception::new(*rule, level, next))
            }
        })
    }
}

/// The verdict on the records of one level for a target and the modules below it. The chain
/// continues with a shorter target, at one load per link.
#[derive(Debug)]
pub(super) struct Exception {
    /// The first bytes of the target, the mask of those it has, and its last bytes. Most records
    /// have other targets, and one comparison of words shows it.
    head: Word,
    mask: Word,
    tail: Word,
    admits: bool,
    target: &'static str,
    next: Option<Box<Self>>,
}

/// The bytes of a target that are compared at once.
type Word = u32;
const WORD: usize = size_of::<Word>();

/// Returns the first bytes of `text`, filled up with zeros.
fn head(text: &[u8]) -> Word {
    let first = text.iter().take(WORD).rev();
    first.fold(0, |word, byte| word << 8 | Word::from(*byte))
}

impl Exception {
    fn new((name, own): (&'static str, Level), level: Level, next: Option<Self>) -> Self {
        let target = name.as_bytes();
        let mask = [u8::MAX; WORD];
        Self {
            head: head(target),
            mask: head(mask.get(..target.len()).unwrap_or(&mask)),
            tail: target
                .last_chunk()
                .map_or(0, |word| Word::from_le_bytes(*word)),
            admits: level >= own,
            target: name,
            next: next.map(Box::new),
        }
    }

    /// Returns whether `target` is this one or a module below it.
    fn covers(&self, target: &[u8]) -> bool {
        target.starts_with(self.target.as_bytes()) && ends_module(target, self.target.len())
    }

    /// Returns whether it covers a target that begins with `head`. Returns `None` if two words
    /// cannot decide it.
    #[inline]
    fn seems_to_cover(&self, target: &[u8], head: Word) -> Option<bool> {
        if (head ^ self.head) & self.mask != 0 {
            return Some(false);
        }
        let len = self.target.len();
        if !(WORD..=2 * WORD).contains(&len) {
            return None;
        }
        let tail = target
            .get(len - WORD..len)
            .and_then(|tail| tail.first_chunk());
        Some(
            tail.map(|tail| Word::from_le_bytes(*tail)) == Some(self.tail)
                && ends_module(target, len),
        )
    }

    /// Returns the verdict of the first exception in the chain that covers `target`.
    fn decide(&self, target: &[u8]) -> Option<bool> {
        let mut next = Some(self);
        while let Some(exception) = next {
            if exception.covers(target) {
                return Some(exception.admits);
            }
            next = exception.next.as_deref();
        }
        None
    }
}

/// Returns whether the name of a module in `target` ends at `end`. It compares byte by byte,
/// because a slice of the rest would take one register more than are free.
#[inline]
fn ends_module(target: &[u8], end: usize) -> bool {
    match target.get(end) {
        None => true,
        Some(byte) => *byte == b':' && target.get(end + 1) == Some(&b':'),
    }
}

/// The result of one look at a record. The look costs a few registers and no stack.
pub(super) enum Quick {
    Verdict(bool),
    /// [`Threshold::decide`] must decide, beginning with this exception.
    Unclear(&'static Exception),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use proptest::prelude::*;

    proptest! {
        /// Uses few letters, so that targets begin alike. The lengths cover each way of comparison.
        #[test]
        fn rule_covers_its_target_and_modules_below(own in "[ab:\0]{0,17}", more in "(::)?[ab:\0]{0,17}", joined: bool) {
            let target = if joined { own.clone() + &more } else { more };
            let below = target.strip_prefix(&own);
            let wanted = below.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            let rule = (&*own.leak(), Level::Info);
            let (exception, target) = (Exception::new(rule, Level::Info, None), target.as_bytes());
            prop_assert_eq!(exception.covers(target), wanted);
            let seems = target.first_chunk().and_then(|head| {
                exception.seems_to_cover(target, Word::from_le_bytes(*head))
            });
            prop_assert!(seems.is_none_or(|seems| seems == wanted));
        }

        /// Uses few targets, so that most rules are below others and some are redundant.
        #[test]
        fn record_with_several_rules_follows_the_longest(
            rules in proptest::collection::vec(("[ab](::[ab]){0,3}", 0..7_u8), 0..6),
            (general, level, target) in (0..7_u8, 0..6_u8, "[ab](::[ab]){0,4}"),
        ) {
            let of = |number| Level::from_number(number);
            let texts = rules.iter().map(|(target, number)| format!(",{target}={}", of(*number)));
            let text = of(general).to_string() + &texts.collect::<String>();
            let below = |rule: &str| target == rule || target.starts_with(&format!("{rule}::"));
            let fitting = rules.iter().enumerate().filter(|(_, (rule, _))| below(rule));
            let decides = fitting.max_by_key(|(at, (rule, _))| (rule.len(), *at));
            let wanted = of(level) >= decides.map_or(of(general), |(_, (_, number))| of(*number));
            let threshold = Threshold::new();
            threshold.set(text.parse().unwrap_or(Filter::all(Level::Off)));
            prop_assert_eq!(threshold.admits(of(level), &target), wanted, "{}", text);
        }
    }

    #[test]
    fn filter_with_nested_targets_follows_the_longest() -> Result<(), Error> {
        let threshold = Threshold::new();
        threshold.set("warn,server=info,server::net=trace,hyper=off".parse()?);
        assert!(threshold.admits(Level::Trace, "server::net"));
        assert!(threshold.admits(Level::Trace, "server::net::tcp"));
        assert!(!threshold.admits(Level::Debug, "server::network"));
        // These agree in the first eight bytes.
        assert!(!threshold.admits(Level::Debug, "server::not"));
        assert!(threshold.admits(Level::Info, "server"));
        assert!(!threshold.admits(Level::Info, "servers"));
        assert!(threshold.admits(Level::Warn, "servers"));
        assert!(!threshold.admits(Level::Fatal, "hyper"));
        Ok(())
    }
}
