//! Times as people write them: "250ms", "5s", "2m", "1h", "7d".

use proc_macro2::Span;
use syn::{Error, LitStr, Result};

/// A time, with the place where it was written.
#[derive(Clone)]
pub(crate) struct Period {
    pub(crate) milliseconds: u64,
    pub(crate) at: Span,
}

impl Period {
    /// A time that nobody wrote.
    pub(crate) fn seconds(seconds: u64) -> Self {
        Self {
            milliseconds: seconds * 1000,
            at: Span::call_site(),
        }
    }
}

/// The units and their milliseconds.
static UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The runtime adds such times to each other and to the clock, and has the same bound.
const YEAR: u64 = 366 * 86_400_000;

/// Reads a number and a unit.
pub(crate) fn read(text: &LitStr) -> Result<Period> {
    let milliseconds = milliseconds(&text.value()).ok_or_else(|| {
        let message = "a duration is a number and a unit, such as \"5s\", \"250ms\", \"2m\" or \
                       \"1h\"";
        Error::new_spanned(text, message)
    })?;
    if milliseconds > YEAR {
        return Err(Error::new_spanned(
            text,
            "a duration is at most a year, \"366d\"",
        ));
    }
    Ok(Period {
        milliseconds,
        at: text.span(),
    })
}

/// A number beyond all bounds is as good as the largest: both are too long.
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
