//! Escapes text, so that a record stays on its line and cannot control a terminal.
//!
//! It escapes control characters (C0, DEL, C1), and the line and paragraph separators. It also
//! escapes the characters that reorder text: bidirectional embeddings, overrides and isolates.

use std::fmt::{self, Write};

/// The escapes of one kind of text.
pub(crate) trait Dialect {
    /// Whether quotes and backslashes are also escaped.
    const QUOTES: bool;

    /// Writes the escape of `character`.
    fn escape(character: char, out: &mut dyn Write) -> fmt::Result;
}

/// A message: `\n`, `\x1b`, `\u{202e}`; a backslash stays as it is.
pub(crate) struct Message;

/// A message between double quotes.
#[cfg(any(feature = "config", feature = "log-extras"))]
pub(crate) struct Quoted;

/// A JSON string, RFC 8259.
#[cfg(any(feature = "cli", feature = "log-extras"))]
pub(crate) struct Json;

impl Dialect for Message {
    const QUOTES: bool = false;

    fn escape(character: char, out: &mut dyn Write) -> fmt::Result {
        match character {
            '\n' => out.write_str(r"\n"),
            '\r' => out.write_str(r"\r"),
            '\t' => out.write_str(r"\t"),
            '\0'..'\u{80}' => write!(out, r"\x{:02x}", u32::from(character)),
            _ => write!(out, r"\u{{{:x}}}", u32::from(character)),
        }
    }
}

#[cfg(any(feature = "config", feature = "log-extras"))]
impl Dialect for Quoted {
    const QUOTES: bool = true;

    fn escape(character: char, out: &mut dyn Write) -> fmt::Result {
        match character {
            '"' => out.write_str(r#"\""#),
            '\\' => out.write_str(r"\\"),
            other => Message::escape(other, out),
        }
    }
}

#[cfg(any(feature = "cli", feature = "log-extras"))]
impl Dialect for Json {
    const QUOTES: bool = true;

    fn escape(character: char, out: &mut dyn Write) -> fmt::Result {
        match character {
            '"' => out.write_str(r#"\""#),
            '\\' => out.write_str(r"\\"),
            '\n' => out.write_str(r"\n"),
            '\r' => out.write_str(r"\r"),
            '\t' => out.write_str(r"\t"),
            // Every escaped character fits into the sixteen bits of a JSON escape.
            other => write!(out, r"\u{:04x}", u32::from(other)),
        }
    }
}

/// Writes `text` to `out` with the escapes of `D`.
///
/// # Errors
/// `out` fails.
#[inline]
pub(crate) fn escape<D: Dialect>(text: &str, out: &mut (impl Write + Sized)) -> fmt::Result {
    let mut rest = text;
    loop {
        let clean = clean_prefix::<D>(rest);
        out.write_str(&rest[..clean])?;
        rest = &rest[clean..];
        let Some(character) = rest.chars().next() else {
            return Ok(());
        };
        D::escape(character, out)?;
        rest = &rest[character.len_utf8()..];
    }
}

/// Returns `text` escaped as a message, which is safe on a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // Writing to a String cannot fail.
    let _ = escape::<Message>(text, &mut shown);
    shown
}

/// Returns the length of the prefix that needs no escape, a whole number of characters.
#[inline]
fn clean_prefix<D: Dialect>(text: &str) -> usize {
    let mut at = 0;
    loop {
        at += plain_prefix::<D>(&text.as_bytes()[at..]);
        match text[at..].chars().next() {
            Some(character) if !character.is_ascii() && !is_dangerous(character) => {
                at += character.len_utf8();
            }
            _ => return at,
        }
    }
}

/// Returns whether all of it is printable ASCII that `D` does not escape.
#[inline]
pub(crate) fn is_plain<D: Dialect>(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks();
    words.iter().all(|word| is_plain_word::<D>(*word))
        && match bytes.last_chunk() {
            // To look at some bytes twice is quicker than one by one.
            Some(last) => is_plain_word::<D>(*last),
            None => rest.iter().all(|byte| is_plain_byte::<D>(*byte)),
        }
}

/// Returns the length of the plain ASCII at the start, which it checks eight bytes at a time.
#[inline]
fn plain_prefix<D: Dialect>(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks();
    let whole = words
        .iter()
        .take_while(|word| is_plain_word::<D>(**word))
        .count()
        * 8;
    whole
        + bytes[whole..]
            .iter()
            .take_while(|byte| is_plain_byte::<D>(**byte))
            .count()
}

#[inline]
fn is_plain_word<D: Dialect>(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_ne_bytes(bytes);
    // Without a byte below 0x20 there is no borrow, without one above 0x7e no carry. Such a byte
    // sets its own high bit here, before a carry could hide it.
    let mut high = word | word.wrapping_sub(0x20 * ONES) | word.wrapping_add(ONES);
    if D::QUOTES {
        high |= (word ^ (u64::from(b'"') * ONES)).wrapping_sub(ONES);
        high |= (word ^ (u64::from(b'\\') * ONES)).wrapping_sub(ONES);
    }
    high & (0x80 * ONES) == 0
}

#[inline]
fn is_plain_byte<D: Dialect>(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !(D::QUOTES && matches!(byte, b'"' | b'\\'))
}

const fn is_dangerous(character: char) -> bool {
    matches!(
        character,
        '\0'..' ' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped<D: Dialect>(text: &str) -> String {
        let mut out = String::new();
        assert!(escape::<D>(text, &mut out).is_ok());
        out
    }

    /// Undoes the escapes of [`Quoted`], which are unambiguous.
    fn unescaped(text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\\') {
            out.push_str(before);
            let kind = after.chars().next()?;
            let (character, used) = match kind {
                'n' => ('\n', 1),
                'r' => ('\r', 1),
                't' => ('\t', 1),
                'x' => (
                    char::from_u32(u32::from_str_radix(after.get(1..3)?, 16).ok()?)?,
                    3,
                ),
                'u' => {
                    let digits = after.get(2..after.find('}')?)?;
                    (
                        char::from_u32(u32::from_str_radix(digits, 16).ok()?)?,
                        digits.len() + 3,
                    )
                }
                other => (other, 1),
            };
            out.push(character);
            rest = after.get(used..)?;
        }
        out.push_str(rest);
        Some(out)
    }

    /// Returns text with as many dangerous as harmless characters.
    fn any_text() -> impl Strategy<Value = String> {
        let dangerous =
            "[\\x00-\\x1f\\x7f-\\u{9f}\\u{2028}-\\u{202e}\\u{2066}-\\u{2069}\"\\\\]{0,3}";
        proptest::collection::vec((dangerous, "[ -~]{0,20}", "\\PC{0,3}"), 0..6).prop_map(|parts| {
            parts
                .iter()
                .flat_map(|(a, b, c)| [a.as_str(), b, c])
                .collect()
        })
    }

    proptest! {
        #[test]
        fn dangerous_characters_are_escaped(text in any_text()) {
            for out in [escaped::<Message>(&text), escaped::<Quoted>(&text), escaped::<Json>(&text)] {
                prop_assert!(!out.chars().any(|c| c != ' ' && is_dangerous(c)), "{out:?}");
            }
        }

        #[test]
        fn harmless_text_is_unchanged(text in "[ -~\u{a0}-\u{2027}\u{4e00}-\u{4eff}\u{1f600}-\u{1f64f}]*") {
            prop_assert_eq!(escaped::<Message>(&text), text);
        }

        /// At most one odd character, in a word of eight bytes or after the last one.
        #[test]
        fn plain_text_is_printable_ascii(text in "[ -~]{0,20}[\\x00-\u{a0}]?[ -~]{0,20}") {
            let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            prop_assert_eq!(is_plain::<Message>(text.as_bytes()), plain);
            let unquoted = plain && !text.contains(['"', '\\']);
            prop_assert_eq!(is_plain::<Json>(text.as_bytes()), unquoted);
        }

        #[test]
        #[cfg_attr(miri, ignore = "too slow when interpreted")]
        fn quoted_text_reads_back(text in any_text()) {
            let out = escaped::<Quoted>(&text);
            prop_assert_eq!(unescaped(&out), Some(text));
        }

        #[test]
        fn split_text_is_escaped_alike(text in any_text(), at in 0..100_usize) {
            let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let (head, tail) = text.split_at(at);
            prop_assert_eq!(escaped::<Message>(head) + &escaped::<Message>(tail), escaped::<Message>(&text));
        }
    }
}
