//! Times as people write them: "250ms", "5s", "2m", "1h".

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
static UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

/// Reads a number and a unit.
pub(crate) fn read(text: &LitStr) -> Result<Period> {
    let milliseconds = milliseconds(&text.value()).ok_or_else(|| {
        let message = "a duration is a number and a unit, such as \"5s\", \"250ms\", \"2m\" or \
                       \"1h\"";
        Error::new_spanned(text, message)
    })?;
    Ok(Period {
        milliseconds,
        at: text.span(),
    })
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = UNITS
        .iter()
        .find(|(known, _)| *known == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}
