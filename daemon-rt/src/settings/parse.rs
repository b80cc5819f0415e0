//! Parsers for the values of keys on the command line and in the environment.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::confine::capabilities::Capabilities;
use crate::confine::limits::Limits;
use crate::error::Error;
use crate::logger::{self, SYSLOG_SOCKET, SyslogTarget};
use crate::spec::{Core, OnPanic};

/// Returns the absolute form of a path, because the daemon changes its working directory.
pub(super) fn required_path(text: &str) -> Result<&'static str, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the path is empty or has a NUL; pass the path of a file".to_owned());
    }
    let absolute =
        std::path::absolute(Path::new(text)).map_err(|error| format!("`{text}`: {error}"))?;
    absolute
        .into_os_string()
        .into_string()
        .map(kept)
        .map_err(|_| format!("`{text}`: the working directory is not UTF-8"))
}

pub(super) fn directory(text: &str) -> Result<Option<&'static str>, String> {
    required_path(text).map(Some)
}

/// Parses the path of a file.
pub(super) fn path(text: &str) -> Result<Option<&'static str>, String> {
    if text.ends_with('/') {
        return Err(format!(
            "`{text}` is not the path of a file; remove the `/` at the end"
        ));
    }
    if text == "-" {
        return Err("`-` is not the path of a file; pass `./-`".to_owned());
    }
    required_path(text).map(Some)
}

/// Parses the place of the log. Refuses words that other programs read as a stream or as syslogd,
/// because a file of that name is hardly meant.
pub(super) fn log_file(text: &str) -> Result<Option<&'static str>, String> {
    match SyslogTarget::parse(text) {
        None if ["syslog", "syslog-rfc5424"].contains(&text) => Err(format!(
            "`{text}` is not a log file; pass `{text}:` for syslogd, or `./{text}`"
        )),
        None if ["-", "stdout", "stderr"].contains(&text) => Err(format!(
            "`{text}` is not a log file; omit it, and `run` logs to stderr, or pass `./{text}`"
        )),
        None if text == SYSLOG_SOCKET => Err(format!(
            "`{text}` is the socket of syslogd and not a log file; pass `syslog:`"
        )),
        None => path(text),
        Some(_) if !logger::LOG_EXTRAS => Err(logger::needs_extras(text).to_string()),
        Some(target) if target.socket.is_absolute() => Ok(Some(kept(text.to_owned()))),
        Some(_) => Err(format!(
            "`{text}`: the socket's path is not absolute; pass an absolute one"
        )),
    }
}

pub(super) fn name(text: &str) -> Result<Option<&'static str>, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("the value is empty or has a NUL; pass a name".to_owned());
    }
    Ok(Some(kept(text.to_owned())))
}

/// Leaks a text, because `Spec` holds static text. Each process parses a few of them once.
fn kept(text: String) -> &'static str {
    text.leak()
}

pub(super) fn umask(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    // `from_str_radix` would take a sign.
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    let mask = u32::from_str_radix(digits, 8)
        .ok()
        .filter(|_| plain)
        .filter(|mask| *mask <= 0o777);
    mask.ok_or_else(|| format!("`{text}` is not an octal number up to 777, such as 027"))
}

/// Parses a value of the logger.
pub(super) fn logged<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: Error| error.to_string())
}

/// A value that is one of a few words.
pub(super) trait Words: Copy + PartialEq + 'static {
    /// Each word with its value.
    const WORDS: &'static [(&'static str, Self)];
}

impl Words for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}

impl Words for Core {
    const WORDS: &'static [(&'static str, Self)] = &[("on", Self::On), ("off", Self::Off)];
}

impl Words for OnPanic {
    const WORDS: &'static [(&'static str, Self)] =
        &[("exit", Self::Exit), ("restart", Self::Restart)];
}

/// Parses one of the words of a type.
pub(super) fn word<T: Words>(text: &str) -> Result<T, String> {
    let found = T::WORDS.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = T::WORDS
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        format!("`{text}` is neither {}", words.join(" nor "))
    })
}

pub(super) fn flag(text: &str) -> Result<Option<bool>, String> {
    word(text).map(Some)
}

pub(super) fn capabilities(text: &str) -> Result<Option<&'static [&'static str]>, String> {
    let names: Vec<&'static str> = match kept(text.to_owned()) {
        "none" => Vec::new(),
        names => names.split(',').collect(),
    };
    Capabilities::from_names(&names)?;
    Ok(Some(names.leak()))
}

pub(super) fn rlimits(text: &str) -> Result<&'static str, String> {
    Limits::parse(text)?;
    Ok(kept(text.to_owned()))
}

pub(super) fn descriptor(text: &str) -> Result<Option<i32>, String> {
    let number = text.parse().ok().filter(|number| *number > 2);
    number
        .map(Some)
        .ok_or_else(|| format!("`{text}` is not the number of a descriptor above 2"))
}

/// Parses a duration that is longer than zero.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    let longer = (!time.is_zero()).then_some(time);
    longer.ok_or_else(|| format!("`{text}` is not longer than zero; the longest time is 366d"))
}

/// The units of times, from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Parses numbers with units, from the largest unit to the smallest, such as `1h30m`. A number
/// without a unit counts seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    // A year exceeds every useful duration. The sum of two accepted values cannot overflow.
    let year = 366 * 24 * 60 * 60 * 1000;
    milliseconds(text)
        .filter(|ms| *ms <= year)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is not a time such as 5s, 250ms, 1h or 1h30m"))
}

fn milliseconds(text: &str) -> Option<u64> {
    if let Some(seconds) = digits(text) {
        return seconds.checked_mul(1000);
    }
    let (mut rest, mut units, mut sum) = (text, &UNITS[..], 0_u64);
    loop {
        let unit = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(unit);
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        let at = units.iter().position(|(known, _)| *known == unit)?;
        let part = digits(number)?.checked_mul(units[at].1)?;
        sum = sum.checked_add(part)?;
        if next.is_empty() {
            return Some(sum);
        }
        (rest, units) = (next, &units[at + 1..]);
    }
}

/// Parses digits, without a sign.
fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
