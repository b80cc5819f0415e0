//! The formats of a line.

use super::text::{text_form, words};

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

words!(Format { Short = "short" | "seed", Full = "full", Json = "json" });
text_form!(
    Format,
    "short" | "seed",
    "a log format: short, full or json"
);
