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
    targets: Vec<(Box<str>, Level)>,
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
            filter.targets.retain(|(known, _)| **known != *target);
            filter.targets.push((target.into(), level));
        }
        filter
            .targets
            .sort_by_key(|(target, _)| std::cmp::Reverse(target.len()));
        Ok(filter)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.level.fmt(f)?;
        self.targets
            .iter()
            .try_for_each(|(target, level)| write!(f, ",{target}={level}"))
    }
}

/// The filter in force, read without a lock by every record.
pub(super) struct Threshold {
    level: AtomicU8,
    /// The targets of the filter, if it has any.
    targets: Settable<Vec<(Box<str>, Level)>>,
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
            .map(|(_, level)| *level)
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

fn of_target(targets: &[(Box<str>, Level)], target: &str) -> Option<Level> {
    targets
        .iter()
        .find(|(prefix, _)| covers(prefix, target))
        .map(|(_, level)| *level)
}

/// Whether `target` is `prefix` or a module below it.
#[inline]
fn covers(prefix: &str, target: &str) -> bool {
    let rest = target.as_bytes().strip_prefix(prefix.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_target_decides() -> Result<(), Error> {
        let threshold = Threshold::new();
        threshold.set("warn,server=info,server::net=trace,hyper=off".parse()?);
        assert!(threshold.admits(Level::Trace, "server::net"));
        assert!(threshold.admits(Level::Trace, "server::net::tcp"));
        assert!(!threshold.admits(Level::Debug, "server::network"));
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
