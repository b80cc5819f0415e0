//! Sizes, and the keys of the log that are written as texts with numbers.

use syn::{Error, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::text;
use crate::values::value::Value;

/// The units of sizes, in bytes.
static UNITS: [(char, u64); 3] = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];

/// The largest buffer, in bytes. The runtime recovers at most this much from a dead process.
const LARGEST_BUFFER: u64 = 64 << 20;

/// The largest number of old log files. Each rotation renames them all.
const MOST_FILES: u64 = 1000;

/// The largest number in a limit.
const MOST_RECORDS: u64 = 1_000_000;

/// Parses digits, with or without a unit.
pub(super) fn size(text: &str) -> Option<u64> {
    let in_units = |(unit, factor): &(char, u64)| Some((text.strip_suffix(*unit)?, *factor));
    let (digits, factor) = UNITS.iter().find_map(in_units).unwrap_or((text, 1));
    number(digits)?.checked_mul(factor)
}

/// Parses digits, without a sign.
pub(super) fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

pub(super) fn buffer(given: &Given) -> Result<Value> {
    let expected = "a number of bytes up to \"64M\", such as \"64K\"";
    checked(given, expected, &[], |text| {
        size(text).is_some_and(|bytes| bytes <= LARGEST_BUFFER)
    })
}

pub(super) fn rotation(given: &Given) -> Result<Value> {
    let expected = "a size such as \"10M\", \"daily\", both as \"daily,10M\", or \"never\"";
    checked(given, expected, &["never", "daily"], |text| {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        let is_size = |text: &str| size(text).is_some_and(|bytes| bytes > 0);
        match parts[..] {
            ["never" | "daily"] => true,
            [only] => is_size(only),
            ["daily", other] | [other, "daily"] => is_size(other),
            _ => false,
        }
    })
}

pub(super) fn keep(given: &Given) -> Result<Value> {
    let expected = "a number of files up to 1000, such as \"7\", optionally with a total size and \
                    \"gz\", as \"7,100M,gz\"";
    checked(given, expected, &[], |text| {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        let is_files = |text: &str| number(text).is_some_and(|files| files <= MOST_FILES);
        match parts[..] {
            [files] | [files, "gz"] => is_files(files),
            [files, total] | [files, total, "gz"] => is_files(files) && size(total).is_some(),
            _ => false,
        }
    })
}

pub(super) fn limit(given: &Given) -> Result<Value> {
    let expected = "a number of records per time, such as \"100/1s\" or \"1000/10m\", or \"none\"";
    checked(given, expected, &["none"], |text| {
        let fits = |digits: &str| number(digits).is_some_and(|n| (1..=MOST_RECORDS).contains(&n));
        let parts = text.split_once('/');
        let time = parts.and_then(|(_, time)| time.strip_suffix(['s', 'm', 'h']));
        text == "none" || parts.is_some_and(|(records, _)| fits(records)) && time.is_some_and(fits)
    })
}

/// Returns the text as it was written, if it `fits`. One that looks like one of the `words` gets a
/// suggestion.
fn checked(given: &Given, expected: &str, words: &[&str], fits: fn(&str) -> bool) -> Result<Value> {
    let text = text::string(given)?;
    let value = text.value();
    if fits(&value) {
        return Ok(Value::Text(text));
    }
    Err(match suggest::nearest(&value, words.iter().copied()) {
        Some(_) => {
            let subject = format!("value `{value}` for `{}`", given.key);
            Error::new_spanned(
                &text,
                suggest::unknown(subject, &value, words.iter().copied()),
            )
        }
        None => given.mismatch(&text, expected),
    })
}
