//! The filter of records: one level, and levels by target.

use std::fmt;
use std::str::FromStr;

use super::text::invalid;
use crate::error::Error;
use crate::logger::level::Level;

/// Selects the records to write by their level and target. The text form is `info`,
/// `server=debug,hyper=warn` or `warn,server::net=trace`.
///
/// A target includes the modules below it. The longest target that fits a record decides. Without a
/// plain level in the text it is `info`. If the text gives a target twice, the later level counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    level: Level,
    targets: &'static [(&'static str, Level)],
}

impl Filter {
    /// Writes records of `level` and above, whatever their target.
    #[must_use]
    pub const fn all(level: Level) -> Self {
        Self {
            level,
            targets: &[],
        }
    }

    /// Sets levels of their own for these targets and the modules below them.
    #[must_use]
    pub const fn with(self, targets: &'static [(&'static str, Level)]) -> Self {
        Self { targets, ..self }
    }

    /// Returns the level of all other targets.
    pub(in crate::logger) const fn level(self) -> Level {
        self.level
    }

    /// Returns the targets with a level of their own, in the order in which they were given.
    pub(in crate::logger) const fn targets(self) -> &'static [(&'static str, Level)] {
        self.targets
    }
}

impl From<Level> for Filter {
    fn from(level: Level) -> Self {
        Self::all(level)
    }
}

/// Leaks the targets, because the logger keeps each filter for the life of the process. Each costs
/// about 30 bytes.
impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut level = None;
        let mut targets = Vec::new();
        for part in text.split(',').map(str::trim) {
            let Some((target, own)) = part.split_once('=') else {
                if level.replace(part.parse()?).is_some() {
                    let expected = "one level and targets with their levels: warn,server=debug";
                    return Err(invalid(text, expected));
                }
                continue;
            };
            let (target, own) = (target.trim(), own.trim().parse::<Level>()?);
            if target.is_empty() {
                let expected = "a level, or a target and its level: server=debug";
                return Err(invalid(part, expected));
            }
            targets.retain(|(other, _)| *other != target);
            targets.push((target, own));
        }
        let keep = |(target, own): (&str, Level)| (&*Box::leak(Box::<str>::from(target)), own);
        let targets: Vec<(&'static str, Level)> = targets.into_iter().map(keep).collect();
        Ok(Self {
            level: level.unwrap_or(Level::Info),
            // An empty vector leaks no memory.
            targets: targets.leak(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_text_reads_back() -> Result<(), Error> {
        let filter = Filter::all(Level::Error)
            .with(&[("server", Level::Info), ("server::net", Level::Trace)]);
        let text = "error,server=info,server::net=trace";
        assert_eq!(text.parse::<Filter>()?, filter);
        assert_eq!(filter.to_string(), text);
        assert_eq!(
            " DEBUG , a = Warning,a=off".parse::<Filter>()?.to_string(),
            "debug,a=off"
        );
        Ok(())
    }

    #[test]
    fn filter_error_names_the_wrong_part() {
        for (text, named) in [
            ("debg", "debg"),
            ("a=loud", "loud"),
            ("=info", "=info"),
            ("info,debug", "info,debug"),
            ("info,", "``"),
        ] {
            let error = text.parse::<Filter>().err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| error.contains(named)), "{text}");
        }
    }
}
