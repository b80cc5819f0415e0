//! The text of an inheritance: a line `KEY VALUE` per fact.
//!
//! Programs skip keys that they do not know, so that each may be of another version. A signal handler
//! can append a line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Appends a line. A backslash and a newline in the value are escaped.
pub(super) fn append(text: &mut Vec<u8>, key: &str, value: &OsStr) {
    text.extend_from_slice(key.as_bytes());
    text.push(b' ');
    for byte in value.as_bytes() {
        match byte {
            b'\\' => text.extend_from_slice(br"\\"),
            b'\n' => text.extend_from_slice(br"\n"),
            byte => text.push(*byte),
        }
    }
    text.push(b'\n');
}

/// Returns the lines of a text. A part without a newline at the end is omitted.
pub(super) fn parse(text: &[u8]) -> Vec<(String, OsString)> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines
        .filter_map(|line| parse_line(line.strip_suffix(b"\n")?))
        .collect()
}

fn parse_line(line: &[u8]) -> Option<(String, OsString)> {
    let end = line.iter().position(|byte| *byte == b' ')?;
    let key = str::from_utf8(&line[..end]).ok()?.to_owned();
    let mut value = Vec::with_capacity(line.len() - end);
    let mut bytes = line[end + 1..].iter();
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'\\' if bytes.next()? == &b'n' => b'\n',
            byte => *byte,
        });
    }
    Some((key, OsString::from_vec(value)))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::{append, parse};

    #[test]
    fn every_value_is_read_as_it_was_written() {
        let mut text = Vec::new();
        let values = ["", "a b", "a\nb", r"a\nb\", "\\\n", " "].map(OsStr::new);
        let bytes = OsStr::from_bytes(b"\xff\n\\");
        for value in values.iter().chain([&bytes]) {
            append(&mut text, "key", value);
        }
        let found = parse(&text);
        assert!(found.iter().all(|(key, _)| key == "key"));
        let found: Vec<_> = found.iter().map(|(_, value)| value.as_os_str()).collect();
        assert_eq!(found, [&values[..], &[bytes]].concat());
        // A writer that was killed leaves a part of a line.
        text.extend_from_slice(b"key part");
        assert_eq!(parse(&text).len(), values.len() + 1);
    }
}
