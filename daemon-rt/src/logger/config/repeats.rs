//! The treatment of repeated records.

use std::fmt;
use std::str::FromStr;

use crate::logger::error::Error;
use crate::logger::extras::parse_if_enabled;

/// Chooses the treatment of a record that repeats the previous one but for its time. The text form
/// is `all` or `fold`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeats {
    /// Writes each repeated record.
    #[default]
    All,
    /// Counts repeated records, and writes the count to the log.
    Fold,
}

impl FromStr for Repeats {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_if_enabled(text, "all", || match text {
            "all" => Ok(Self::All),
            "fold" => Ok(Self::Fold),
            _ => Err(Error::value("repeats", text, "`all` or `fold`")),
        })
    }
}

impl fmt::Display for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Fold => "fold",
        })
    }
}
