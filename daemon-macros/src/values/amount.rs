//! Amounts as people write them: sizes, and what is kept of old log files.

use syn::{Error, Result};

use crate::given::Given;
use crate::values::text;
use crate::values::value::Value;

/// The units of sizes.
static UNITS: [(char, u64); 3] = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];

/// What the runtime can read back of a dead process's buffer.
const LARGEST_BUFFER: u64 = 64 << 20;

/// Each rotation renames them all; the runtime has the same bound.
const MOST_FILES: u64 = 1000;

/// Digits and a unit, or digits alone.
pub(crate) fn size(text: &str) -> Option<u64> {
    let in_units = |(unit, factor): &(char, u64)| Some((text.strip_suffix(*unit)?, *factor));
    let (digits, factor) = UNITS.iter().find_map(in_units).unwrap_or((text, 1));
    number(digits)?.checked_mul(factor)
}

pub(crate) fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

pub(crate) fn buffer(given: &Given) -> Result<Value> {
    let message = "a buffer's size is a number of bytes, such as \"64K\", and at most \"64M\"";
    checked(given, message, |text| {
        size(text).is_some_and(|bytes| bytes <= LARGEST_BUFFER)
    })
}

pub(crate) fn rotation(given: &Given) -> Result<Value> {
    let message = "a rotation is a size and a time, such as \"10M\", \"daily\", \"daily,10M\" or \
                   \"never\"";
    checked(given, message, |text| {
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

pub(crate) fn keep(given: &Given) -> Result<Value> {
    let message = "`log_keep` is a number of files up to 1000, such as \"7\", or with their total \
                   size and compression \"7,100M,gz\"";
    checked(given, message, |text| {
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        let is_files = |text: &str| number(text).is_some_and(|files| files <= MOST_FILES);
        match parts[..] {
            [files] | [files, "gz"] => is_files(files),
            [files, total] | [files, total, "gz"] => is_files(files) && size(total).is_some(),
            _ => false,
        }
    })
}

pub(crate) fn limit(given: &Given) -> Result<Value> {
    let message = "`log_limit` is a number of records and a time, such as \"100/1s\" or \
                   \"1000/10m\", or \"none\"";
    checked(given, message, |text| {
        let positive = |digits: &str| number(digits).is_some_and(|n| (1..=1_000_000).contains(&n));
        let parts = text.split_once('/');
        let time = parts.and_then(|(_, time)| time.strip_suffix(['s', 'm', 'h']));
        text == "none"
            || parts.is_some_and(|(records, _)| positive(records)) && time.is_some_and(positive)
    })
}

pub(crate) fn repeats(given: &Given) -> Result<Value> {
    let message = "`log_repeats` is \"all\" or \"fold\"";
    checked(given, message, |text| matches!(text, "all" | "fold"))
}

/// The text as it was written, if it `fits`.
fn checked(given: &Given, message: &str, fits: fn(&str) -> bool) -> Result<Value> {
    let text = text::string(given)?;
    if fits(&text.value()) {
        Ok(Value::Text(text))
    } else {
        Err(Error::new_spanned(text, message))
    }
}
