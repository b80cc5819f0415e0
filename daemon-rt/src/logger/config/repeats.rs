//! What becomes of repeats.

use std::fmt;
use std::str::FromStr;

use crate::logger::error::Error;
use crate::logger::extras::parse_if_enabled;

/// What becomes of a record that equals the one before, but for its time. As text: `all` or `fold`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeats {
    /// It is written.
    #[default]
    All,
    /// It is counted, and the log has the count.
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
