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
    read(given, expected, &[], |text| {
        let bytes = size(text).filter(|bytes| *bytes <= LARGEST_BUFFER);
        bytes.map(Value::Buffer)
    })
}

pub(super) fn rotation(given: &Given) -> Result<Value> {
    let expected = "a size such as \"10M\", \"daily\", both as \"daily,10M\", or \"never\"";
    read(given, expected, &["never", "daily"], |text| {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        let bytes = |text: &str| size(text).filter(|bytes| *bytes > 0);
        let (daily, bytes) = match parts[..] {
            ["never"] => (false, None),
            ["daily"] => (true, None),
            [only] => (false, Some(bytes(only)?)),
            ["daily", other] | [other, "daily"] => (true, Some(bytes(other)?)),
            _ => return None,
        };
        Some(Value::Rotate { daily, bytes })
    })
}

pub(super) fn keep(given: &Given) -> Result<Value> {
    let expected = "a number of files up to 1000, such as \"7\", optionally with a total size and \
                    \"gz\", as \"7,100M,gz\"";
    read(given, expected, &[], |text| {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        let (files, total, compressed) = match parts[..] {
            [files] => (files, None, false),
            [files, "gz"] => (files, None, true),
            [files, total] => (files, Some(total), false),
            [files, total, "gz"] => (files, Some(total), true),
            _ => return None,
        };
        let bytes = match total {
            Some(total) => Some(size(total)?),
            None => None,
        };
        Some(Value::Keep {
            files: number(files).filter(|files| *files <= MOST_FILES)?,
            bytes,
            compressed,
        })
    })
}

pub(super) fn limit(given: &Given) -> Result<Value> {
    let expected = "a number of records per time, such as \"100/1s\" or \"1000/10m\", or \"none\"";
    read(given, expected, &["none"], |text| {
        if text == "none" {
            return Some(Value::Limit(None));
        }
        let bounded = |digits| number(digits).filter(|number| (1..=MOST_RECORDS).contains(number));
        let (records, time) = text.split_once('/')?;
        let in_units = |(unit, seconds): (char, u64)| Some((time.strip_suffix(unit)?, seconds));
        let (digits, seconds) = [('s', 1), ('m', 60), ('h', 3600)]
            .into_iter()
            .find_map(in_units)?;
        Some(Value::Limit(Some((
            bounded(records)?,
            bounded(digits)? * seconds,
        ))))
    })
}

/// Reads a text by `parse`. One that looks like one of the `words` gets a suggestion.
fn read(
    given: &Given,
    expected: &str,
    words: &[&str],
    parse: fn(&str) -> Option<Value>,
) -> Result<Value> {
    let text = text::string(given)?;
    let value = text.value();
    if let Some(value) = parse(&value) {
        return Ok(value);
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
