//! Which records are written: a level, and levels by target.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

use super::{Error, Level};
use crate::sys::Settable;

/// A threshold for all, and thresholds for the records of some targets: `info,server=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    level: Level,
    /// The longest target first, so that the first one that fits is the most precise.
    targets: Vec<Rule>,
}

/// The level of a target and the modules below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    target: Box<str>,
    /// The target's first bytes, and which bytes those are: most records are of other targets, and
    /// one comparison of words says so.
    head: u64,
    mask: u64,
    level: Level,
}

impl Rule {
    fn new(target: &str, level: Level) -> Self {
        let beyond = WORD.saturating_sub(target.len());
        Self {
            target: target.into(),
            head: head(target.as_bytes()),
            mask: u64::MAX
                .checked_shr(8 * u32::try_from(beyond).unwrap_or(0))
                .unwrap_or(0),
            level,
        }
    }

    /// Whether `target`, whose first bytes are `head`, is this one or a module below it.
    #[inline]
    fn covers(&self, target: &[u8], head: u64) -> bool {
        if (head ^ self.head) & self.mask != 0 {
            return false;
        }
        let own = self.target.as_bytes();
        let Some((begun, rest)) = target.split_at_checked(own.len()) else {
            return false;
        };
        // Byte by byte, for once: a call of `memcmp` in the loop would cost each record more.
        matches!(rest, [] | [b':', b':', ..]) && own.iter().skip(WORD).eq(begun.iter().skip(WORD))
    }
}

/// How many bytes the head of a target has.
const WORD: usize = 8;

/// The first eight bytes, or as many as there are and zeros.
#[inline]
fn head(text: &[u8]) -> u64 {
    if let Some(word) = text.first_chunk() {
        return u64::from_le_bytes(*word);
    }
    // Two halves that may overlap: no loop for what is shorter than a word.
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4));
    }
    text.iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

impl Filter {
    pub(super) const fn all(level: Level) -> Self {
        Self {
            level,
            targets: Vec::new(),
        }
    }
}

/// Reads `level`, `target=level` and lists of them with commas. A target stands for its
/// submodules, too; the last word on a target counts; without a plain level it is `info`.
impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut filter = Self::all(Level::Info);
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let Some((target, level)) = part.split_once('=') else {
                filter.level = part.parse()?;
                continue;
            };
            let (target, level) = (target.trim(), level.trim().parse()?);
            if target.is_empty() {
                return Err(Error::Filter(part.to_owned()));
            }
            filter.targets.retain(|rule| *rule.target != *target);
            // The longest first: the first that fits decides.
            let longer = |rule: &Rule| rule.target.len() >= target.len();
            let place = filter.targets.partition_point(longer);
            filter.targets.insert(place, Rule::new(target, level));
        }
        Ok(filter)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.level.fmt(f)?;
        self.targets
            .iter()
            .try_for_each(|rule| write!(f, ",{}={}", rule.target, rule.level))
    }
}

/// The filter in force, read without a lock by every record.
pub(super) struct Threshold {
    level: AtomicU8,
    /// The targets of the filter, if it has any.
    targets: Settable<Vec<Rule>>,
}

impl Threshold {
    pub(super) const fn new() -> Self {
        Self {
            level: AtomicU8::new(Level::Off as u8),
            targets: Settable::empty(),
        }
    }

    pub(super) fn level(&self) -> Level {
        Level::from_number(self.level.load(Ordering::Relaxed))
    }

    /// Puts `filter` in force, here and in `log`'s own check.
    pub(super) fn set(&self, filter: Filter) {
        let lowest = filter
            .targets
            .iter()
            .map(|rule| rule.level)
            .fold(filter.level, Ord::min);
        self.level.store(filter.level as u8, Ordering::Relaxed);
        self.targets
            .set(Some(filter.targets).filter(|targets| !targets.is_empty()));
        log::set_max_level(lowest.as_log_filter());
    }

    /// Whether a record of `level` for `target` is to be written.
    #[inline]
    pub(super) fn admits(&self, level: Level, target: &str) -> bool {
        let threshold = match self.targets.get() {
            None => self.level(),
            Some(targets) => of_target(targets, target).unwrap_or_else(|| self.level()),
        };
        level >= threshold && level < Level::Off
    }
}

#[inline]
fn of_target(rules: &[Rule], target: &str) -> Option<Level> {
    let target = target.as_bytes();
    let head = head(target);
    let rule = rules.iter().find(|rule| rule.covers(target, head));
    rule.map(|rule| rule.level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few letters, so that targets begin alike and end within the first word or beyond it.
        #[test]
        fn a_rule_covers_its_target_and_the_modules_below(own in "[ab:\0]{0,11}", more in "(::)?[ab:\0]{0,11}", joined: bool) {
            let target = if joined { own.clone() + &more } else { more };
            let below = target.strip_prefix(&own);
            let wanted = below.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            let rule = Rule::new(&own, Level::Info);
            prop_assert_eq!(rule.covers(target.as_bytes(), head(target.as_bytes())), wanted);
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

    #[test]
    fn a_filter_reads_back_as_it_was_written() -> Result<(), Error> {
        let text = "error,server::net=trace,server=info";
        assert_eq!(text.parse::<Filter>()?.to_string(), text);
        assert_eq!(
            " DEBUG , a = Warning,a=off".parse::<Filter>()?.to_string(),
            "debug,a=off"
        );
        Ok(())
    }

    #[test]
    fn what_is_no_filter_is_refused_by_name() {
        for (text, named) in [("debg", "debg"), ("a=loud", "loud"), ("=info", "=info")] {
            let error = text.parse::<Filter>().err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| error.contains(named)), "{text}");
        }
    }
}
