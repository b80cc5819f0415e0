//! Explains the errors of the crate toml: the key that has the error, and what to do about it.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::shown::{dotted, is_bare};
use super::tree::Step;

/// The deepest nesting of inline tables.
pub(super) const BRACES: usize = 16;

/// A key that no file has.
const NOWHERE: &str = "nowhere-2f1c";

/// The beginnings of messages, and what to do.
const ADVICE: &[(&str, &str)] = &[
    ("string values must", "put the value in quotes"),
    ("invalid boolean", "write true or false"),
    ("key with no value", "write `KEY = VALUE`"),
    ("invalid unquoted key", "put the key in quotes"),
    ("unquoted keys", "write a key there"),
    ("keys cannot be", "write the key on one line"),
    (
        "unexpected key",
        "write one key on each line, and nothing behind its value",
    ),
    ("unexpected content", "remove it"),
    ("unclosed", "close the bracket"),
    ("missing comma", "add a comma, or close the bracket"),
    ("extra comma", "remove the comma"),
    (
        "unexpected `=` in array",
        "close the bracket of the array before",
    ),
    ("extra", "remove it"),
    ("missing assignment", "write an `=`"),
    (
        "missing escaped",
        "write two backslashes, or put the value in single quotes",
    ),
    (
        "unexpected leading zero",
        "remove the zero, or put the value in quotes",
    ),
    (
        "invalid date",
        "write a date such as 2024-12-31, or put the value in quotes",
    ),
    (
        "invalid time",
        "write a time such as 07:30:00, or put the value in quotes",
    ),
    (
        "invalid",
        "write a value such as 1.5, or put the value in quotes",
    ),
    ("duplicate key", "remove one of the two"),
    ("cannot extend", "remove one of the two"),
    ("cannot recurse", "remove brackets"),
    ("recursion limit", "remove parts of the dotted key"),
    ("carriage return", "save the file with line feeds alone"),
];

/// Returns where inline tables are nested too deeply. The crate toml limits the parts of a dotted
/// key and the braces, but not both together, and would exhaust the stack.
pub(super) fn too_many_braces(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    Source::new(text).lex().find_map(|token| {
        match token.kind() {
            TokenKind::LeftCurlyBracket => depth += 1,
            TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth > BRACES).then_some(token.span().start())
    })
}

/// Returns what to do about a message. `near` is the text that has the error.
pub(super) fn advice(message: &str, near: &str) -> &'static str {
    let is_string = message.starts_with("invalid") && message.contains("string");
    if is_string && message.ends_with(['`']) && !message.contains("visible") {
        return "close the quote";
    }
    if is_string {
        return "write the character as an escape such as \\u0007";
    }
    if near.starts_with(':') {
        return "write `=` in the place of `:`";
    }
    if ["yes", "no", "on", "off"].contains(&near) {
        return "write true or false, or put the value in quotes";
    }
    let advice = ADVICE.iter().find(|(start, _)| message.starts_with(start));
    advice.map_or("see https://toml.io", |(_, advice)| advice)
}

/// Returns the dotted name of the key in `line`, the part of a line before an error.
pub(super) fn name(text: &str, line: Range<usize>) -> Option<String> {
    if too_many_braces(text).is_some() {
        return None;
    }
    let (table, _) = DeTable::parse_recoverable(text);
    let mut last = (0, None);
    each_key(table.get_ref(), &mut Vec::new(), &mut |way, start, _| {
        if (last.0..=line.end).contains(&start) {
            last = (start, Some(dotted(way.iter().map(|key| Step::Key(key)))));
        }
    });
    let on_line = || {
        let rest = text.get(line.start..)?.lines().next()?;
        let end = rest.find(|c: char| c.is_whitespace() || "=:.".contains(c));
        let word = &rest[..end.unwrap_or(rest.len())];
        beside(text.get(..line.start)?, word).filter(|_| is_bare(word))
    };
    match last {
        (start, Some(name)) if start >= line.start => Some(name),
        // Otherwise the line is within the value of the last key.
        (_, name) => on_line().map(|(name, _)| name).or(name),
    }
}

/// Returns the dotted name of a key that stands behind the text `before`. Also returns where its
/// table has the key already.
pub(super) fn beside(before: &str, key: &str) -> Option<(String, Option<usize>)> {
    // The table is the one that gets a key at that place, be it in a header or in braces.
    ["", " = 0"].iter().find_map(|end| {
        let text = format!("{before}{NOWHERE}{end}");
        let (table, _) = DeTable::parse_recoverable(&text);
        let mut found = None;
        each_key(table.get_ref(), &mut Vec::new(), &mut |way, _, table| {
            if let Some((last, above)) = way.split_last()
                && last == NOWHERE
            {
                let steps = above.iter().map(String::as_str).chain([key]);
                let mut keys = table.keys();
                let first = keys.find(|known| known.get_ref() == key);
                let first = first.map(|first| first.span().start);
                found = Some((dotted(steps.map(Step::Key)), first));
            }
        });
        found
    })
}

/// Calls `then` for each key, with its way, its place and its table.
fn each_key(
    table: &DeTable<'_>,
    way: &mut Vec<String>,
    then: &mut impl FnMut(&[String], usize, &DeTable<'_>),
) {
    for (key, value) in table {
        way.push(key.get_ref().to_string());
        then(way, key.span().start, table);
        each_below(value.get_ref(), way, then);
        way.pop();
    }
}

fn each_below(
    value: &DeValue<'_>,
    way: &mut Vec<String>,
    then: &mut impl FnMut(&[String], usize, &DeTable<'_>),
) {
    match value {
        DeValue::Table(table) => each_key(table, way, then),
        DeValue::Array(values) => {
            for value in values {
                each_below(value.get_ref(), way, then);
            }
        }
        _ => {}
    }
}
