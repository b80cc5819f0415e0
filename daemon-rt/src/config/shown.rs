//! Shows keys and values to people: on one line, without control characters and without secrets.

use std::fmt::Write;

use serde::de::Unexpected;

use super::tree::{Node, Step, Value};
use crate::os::escape::{self, Quoted};

/// The text in the place of a secret.
pub(super) const HIDDEN: &str = "***";

/// The characters of a value that an error quotes, and of a name or a reason.
const VALUE: usize = 60;
const NAME: usize = 200;

/// The words in the name of a key whose value is hidden.
const SECRETS: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "key",
    "credential",
];

/// Returns whether the name of a key or of a table around it says that the value is secret.
pub(super) fn is_secret(step: Step<'_>) -> bool {
    let Step::Key(name) = step else { return false };
    let name = name.to_ascii_lowercase();
    ["auth", "pass"].contains(&name.as_str()) || SECRETS.iter().any(|word| name.contains(word))
}

/// Returns a key as TOML writes it.
pub(super) fn key(name: &str) -> String {
    if is_bare(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Returns the dotted name of a value, such as `servers[1].port`.
pub(super) fn dotted<'a>(steps: impl IntoIterator<Item = Step<'a>>) -> String {
    let mut name = String::new();
    for step in steps {
        match step {
            Step::Index(index) => {
                // Writing to a String cannot fail.
                let _ = write!(name, "[{index}]");
            }
            Step::Key(word) => {
                let dot = if name.is_empty() { "" } else { "." };
                let _ = write!(name, "{dot}{}", key(word));
            }
        }
    }
    name
}

/// Returns whether TOML writes the key without quotes.
pub(super) fn is_bare(key: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !key.is_empty() && key.bytes().all(is_word)
}

/// Returns a text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    // Writing to a String cannot fail.
    let _ = escape::escape::<Quoted>(&without_password(text), &mut shown);
    shown.push('"');
    shown
}

/// Hides the password of each URL, as in `postgres://user:***@host`, and what a text itself calls a
/// secret, as in `password=***`. A password may have any character but a blank, so this rather hides
/// too much.
pub(super) fn without_password(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((scheme, after)) = rest.split_once("://") {
        let _ = write!(shown, "{scheme}://");
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let login = after[..end].rsplit_once('@').map_or("", |(login, _)| login);
        match login.split_once(':') {
            Some((user, _)) => {
                let _ = write!(shown, "{user}:{HIDDEN}");
            }
            // A name alone may be a token.
            None if login.is_empty() => {}
            None => shown.push_str(HIDDEN),
        }
        rest = &after[login.len()..];
    }
    without_assigned(&(shown + rest))
}

/// Hides the value behind each `=` whose name is that of a secret.
fn without_assigned(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        let _ = write!(shown, "{before}=");
        rest = after;
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && !"_-.".contains(c));
        if name
            .into_iter()
            .next()
            .is_some_and(|name| is_secret(Step::Key(name)))
        {
            let end = after.find(|c: char| c.is_whitespace() || "&;,".contains(c));
            rest = &after[end.unwrap_or(after.len())..];
            shown.push_str(HIDDEN);
        }
    }
    shown + rest
}

/// Describes a string.
pub(super) fn text(text: &str) -> String {
    let whole = without_password(text);
    let (short, dots) = cut(&whole, VALUE);
    format!("the string {}{dots}", quoted(short))
}

/// Returns a name or a reason as an error quotes it. A file may have a key of its whole size.
pub(super) fn short(text: &str) -> String {
    let (short, dots) = cut(text, NAME);
    format!("{short}{dots}")
}

/// Returns the beginning of the text, and dots if there is more.
fn cut(text: &str, longest: usize) -> (&str, &'static str) {
    match text.char_indices().nth(longest) {
        Some((end, _)) => (&text[..end], "…"),
        None => (text, ""),
    }
}

/// Describes an array.
pub(super) fn array(length: usize) -> String {
    let plural = if length == 1 { "" } else { "s" };
    format!("an array of {length} element{plural}")
}

/// Describes what serde found, as [`found`] describes the value.
pub(super) fn unexpected(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(is_set) => is_set.to_string(),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Str(word) => text(word),
        Unexpected::Seq => "an array".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        _ => "a value of another kind".to_owned(),
    }
}

/// Describes a value, a secret by its kind alone.
pub(super) fn found(node: &Node, is_secret: bool) -> String {
    match &node.value {
        Value::Array(nodes) => array(nodes.len()),
        Value::Table(_) => "a table".to_owned(),
        Value::Bool(is_set) if !is_secret => is_set.to_string(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Text(word) if !is_secret => text(word),
        Value::Text(_) => "a string".to_owned(),
        Value::Date(date) if !is_secret => format!("the date {date}"),
        Value::Date(_) => "a date".to_owned(),
        _ if is_secret => "a number".to_owned(),
        _ => format!("the number {}", value(node, false)),
    }
}

/// Shows a value as TOML writes it, without its secrets.
pub(super) fn value(node: &Node, is_hidden: bool) -> String {
    if is_hidden {
        HIDDEN.to_owned()
    } else {
        write(node, false)
    }
}

/// Shows a value so that different values are shown differently, secrets included.
pub(super) fn exact(node: &Node) -> String {
    write(node, true)
}

fn write(node: &Node, is_exact: bool) -> String {
    let list = || {
        let children = node.children().into_iter().map(|(step, child)| {
            let shown = if !is_exact && is_secret(step) {
                HIDDEN.to_owned()
            } else {
                write(child, is_exact)
            };
            match step {
                Step::Key(name) => format!("{} = {shown}", key(name)),
                Step::Index(_) => shown,
            }
        });
        children.collect::<Vec<_>>().join(", ")
    };
    match &node.value {
        Value::Text(text) if is_exact => format!("{text:?}"),
        Value::Text(text) => quoted(text),
        Value::Bool(is_set) => is_set.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number, _) if is_exact => format!("{:x}", number.to_bits()),
        Value::Float(_, text) | Value::Date(text) | Value::Huge(text) => text.clone(),
        Value::Array(_) => format!("[{}]", list()),
        Value::Table(table) if table.is_empty() => "{}".to_owned(),
        Value::Table(_) => format!("{{ {} }}", list()),
    }
}
