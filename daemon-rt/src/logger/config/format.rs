//! The formats of a line.

use std::fmt;
use std::str::FromStr;

use crate::logger::error::Error;
use crate::logger::extras::LOG_EXTRAS;

/// The format of a line in the log. The text form is `short`, `full` or `json`. `seed` is also read
/// as `short`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Format {
    /// Writes `Mar 7 18:57:08 : message` in local time.
    #[default]
    Short,
    /// Writes `2026-03-07T18:57:08.123456+01:00 INFO  [pid thread] target: message key=value`, with
    /// the time of RFC 3339.
    Full,
    /// Writes one JSON object per line, with the fields of `Full`. The object `fields` holds the
    /// key-values.
    Json,
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let format = match text {
            "short" | "seed" => Self::Short,
            "full" => Self::Full,
            "json" => Self::Json,
            _ => {
                let expected = "a log format: short, full or json";
                return Err(Error::value("format", text, expected));
            }
        };
        if LOG_EXTRAS || format == Self::Short {
            Ok(format)
        } else {
            Err(Error::Extra(text.to_owned()))
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "short",
            Self::Full => "full",
            Self::Json => "json",
        })
    }
}
