//! The filter in force, as every record asks it: without a lock, and at once for those it refuses.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU8, Ordering};

use super::config::Filter;
use super::level::Level;
use crate::os::sys::Settable;

/// The filter in force, read without a lock by every record.
pub(super) struct Threshold {
    level: AtomicU8,
    /// What the filter says of targets, if anything, by the number of the record's level.
    exceptions: [Settable<Exception>; LEVELS],
}

/// How many levels a record may have.
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

    /// Whether a record of `level` for `target` is to be written.
    pub(super) fn admits(&self, level: Level, target: &str) -> bool {
        match self.quick(level, target) {
            Quick::Verdict(verdict) => verdict,
            Quick::Unclear(exception) => self.decide(exception, level, target),
        }
    }

    /// Whether it is to be written, if that is easy to say: it mostly is.
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

/// A filter whose longest target is the first, so that the first one that fits is the most precise.
struct Rules {
    level: Level,
    targets: Vec<(&'static str, Level)>,
}

impl Rules {
    fn new(filter: Filter) -> Self {
        // The later of two levels for a target counts, so it comes first.
        let mut targets: Vec<_> = filter.targets().iter().rev().copied().collect();
        targets.sort_by_key(|(target, _)| Reverse(target.len()));
        let level = filter.level();
        Self { level, targets }
    }

    /// What decides on records of `level`: the rules without which the verdict would be another.
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

/// The verdict on the records of one level for a target and the modules below it, and the next one
/// to ask, which is for a shorter target: a chain is one load a link.
#[derive(Debug)]
pub(super) struct Exception {
    /// The target's first and last bytes, and which of them it has: most records are of other
    /// targets, and one comparison of words says so.
    head: Word,
    mask: Word,
    tail: Word,
    admits: bool,
    target: &'static str,
    next: Option<Box<Self>>,
}

/// So many bytes of a target are compared at once.
type Word = u32;
const WORD: usize = size_of::<Word>();

/// The first bytes, or as many as there are and zeros.
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

    /// Whether `target` is this one or a module below it.
    fn covers(&self, target: &[u8]) -> bool {
        target.starts_with(self.target.as_bytes()) && ends_module(target, self.target.len())
    }

    /// The same of a target that begins with `head`; none when it takes more than two words to say.
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

    /// The verdict of this one, or of one behind it.
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

/// Whether the name of a module in `target` ends at `end`. Byte by byte: a slice of the rest would
/// take one more register than are free.
#[inline]
fn ends_module(target: &[u8], end: usize) -> bool {
    match target.get(end) {
        None => true,
        Some(byte) => *byte == b':' && target.get(end + 1) == Some(&b':'),
    }
}

/// What one quick look at a record decides: it costs a few registers and no stack.
pub(super) enum Quick {
    Verdict(bool),
    /// [`Threshold::decide`] has to say, from this one on.
    Unclear(&'static Exception),
}

#[cfg(test)]
mod tests {
    use super::super::error::Error;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few letters, so that targets begin alike, and of all lengths that are compared differently.
        #[test]
        fn a_rule_covers_its_target_and_the_modules_below(own in "[ab:\0]{0,17}", more in "(::)?[ab:\0]{0,17}", joined: bool) {
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

        /// Few targets, so that most rules are below others, and some say what those say already.
        #[test]
        fn a_record_is_judged_by_the_longest_rule_for_its_target(
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
    fn the_longest_target_decides() -> Result<(), Error> {
        let threshold = Threshold::new();
        threshold.set("warn,server=info,server::net=trace,hyper=off".parse()?);
        assert!(threshold.admits(Level::Trace, "server::net"));
        assert!(threshold.admits(Level::Trace, "server::net::tcp"));
        assert!(!threshold.admits(Level::Debug, "server::network"));
        // The same in the first eight bytes.
        assert!(!threshold.admits(Level::Debug, "server::not"));
        assert!(threshold.admits(Level::Info, "server"));
        assert!(!threshold.admits(Level::Info, "servers"));
        assert!(threshold.admits(Level::Warn, "servers"));
        assert!(!threshold.admits(Level::Fatal, "hyper"));
        Ok(())
    }
}
