//! Which records are written: a level, and levels by target.

use std::fmt;
use std::str::FromStr;

use super::error::Error;
use super::level::Level;

/// A threshold for all, and thresholds for the records of some targets: `info,server=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) level: Level,
    /// The longest target first, so that the first one that fits is the most precise.
    pub(super) targets: Vec<Rule>,
}

/// The level of a target and the modules below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) target: Box<str>,
    pub(super) level: Level,
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
            let target = target.into();
            filter.targets.insert(place, Rule { target, level });
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

#[cfg(test)]
mod tests {
    use super::*;

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
