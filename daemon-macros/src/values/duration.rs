//! Times with units: "250ms", "5s", "2m", "1h30m", "7d".

use proc_macro2::{Span, TokenStream};
use syn::{LitInt, LitStr, Result};

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

    /// Returns the time as the attribute has it, `"20s"`.
    pub(crate) fn text(&self) -> String {
        match self.milliseconds {
            whole if whole % 1000 == 0 => format!("\"{}s\"", whole / 1000),
            milliseconds => format!("\"{milliseconds}ms\""),
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

/// Reads a string literal with a time. A message calls the value `subject`.
pub(crate) fn read(tokens: &TokenStream, subject: &str) -> Result<Period> {
    let text = literal(tokens, subject)?;
    let milliseconds = milliseconds(&text.value()).ok_or_else(|| {
        let expected = "a number and a unit, such as \"5s\", \"250ms\" or \"1h30m\"";
        errors::mismatch(&text, subject, expected)
    })?;
    if milliseconds > YEAR {
        return Err(errors::mismatch(&text, subject, "at most a year, \"366d\""));
    }
    Ok(Period {
        milliseconds,
        at: text.span(),
    })
}

/// Returns the string literal. The error of a number without quotes, `5` or `5s`, has them.
fn literal(tokens: &TokenStream, subject: &str) -> Result<LitStr> {
    syn::parse2(tokens.clone()).map_err(|_| {
        let number = syn::parse2(tokens.clone()).ok().and_then(|number: LitInt| {
            let unit = Some(number.suffix()).filter(|unit| !unit.is_empty());
            let text = format!("{}{}", number.base10_digits(), unit.unwrap_or("s"));
            milliseconds(&text).map(|_| text)
        });
        match number {
            Some(text) => {
                let text = format!("\"{text}\"");
                errors::correction(tokens, subject, "a string literal", text)
            }
            None => errors::mismatch(tokens, subject, "a string literal, such as \"5s\""),
        }
    })
}

/// Parses numbers with units, from the largest unit to the smallest, or seconds without a unit. A
/// number that is too large for the type becomes the largest one, which is also longer than a year.
fn milliseconds(text: &str) -> Option<u64> {
    let number = |digits: &str| digits.parse::<u64>().unwrap_or(u64::MAX);
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(number(text).saturating_mul(1000));
    }
    let (mut rest, mut last, mut sum) = (text, u64::MAX, 0_u64);
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, after) = rest.split_at_checked(digits).filter(|_| digits > 0)?;
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        let (_, factor) = UNITS.iter().find(|(known, _)| *known == unit)?;
        if *factor >= last {
            return None;
        }
        sum = sum.saturating_add(number(count).saturating_mul(*factor));
        if next.is_empty() {
            return Some(sum);
        }
        (rest, last) = (next, *factor);
    }
}
