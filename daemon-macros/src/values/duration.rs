//! Times with a unit: "250ms", "5s", "2m", "1h", "7d".

use proc_macro2::Span;
use syn::{LitStr, Result};

use crate::errors;

/// A time, with the span of its literal.
#[derive(Clone)]
pub(crate) struct Period {
    pub(crate) milliseconds: u64,
    pub(crate) at: Span,
}

impl Period {
    /// Returns a time that comes from a default.
    pub(crate) fn seconds(seconds: u64) -> Self {
        Self {
            milliseconds: seconds * 1000,
            at: Span::call_site(),
        }
    }
}

/// The units, in milliseconds.
static UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The longest time, in milliseconds. The runtime adds times to each other and to the clock.
const YEAR: u64 = 366 * 86_400_000;

/// Reads a number and a unit. A message calls the value `subject`.
pub(crate) fn read(text: &LitStr, subject: &str) -> Result<Period> {
    let milliseconds = milliseconds(&text.value()).ok_or_else(|| {
        let expected = "a number and a unit, such as \"5s\", \"250ms\", \"2m\" or \"1h\"";
        errors::mismatch(text, subject, expected)
    })?;
    if milliseconds > YEAR {
        return Err(errors::mismatch(text, subject, "at most a year, \"366d\""));
    }
    Ok(Period {
        milliseconds,
        at: text.span(),
    })
}

/// Parses a number and a unit. A number that is too large for the type becomes the largest one,
/// which is also longer than a year.
fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).filter(|_| digits > 0)?;
    let (_, factor) = UNITS.iter().find(|(known, _)| *known == unit)?;
    Some(
        number
            .parse::<u64>()
            .unwrap_or(u64::MAX)
            .saturating_mul(*factor),
    )
}
