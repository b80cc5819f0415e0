//! The words of the errors: what the type wanted, and what to write instead.

use super::shown;
use super::tree::Value;

/// Serde's words for the kind of a value, ours, and what to write.
const KINDS: &[(&str, &str, &str)] = &[
    ("u8", "a whole number from 0 to 255", NUMBER),
    ("u16", "a whole number from 0 to 65535", NUMBER),
    ("u32", "a whole number from 0 to 4294967295", NUMBER),
    ("u64", "a whole number of 0 or more", NUMBER),
    ("usize", "a whole number of 0 or more", NUMBER),
    ("u128", "a whole number of 0 or more", NUMBER),
    ("i8", "a whole number from -128 to 127", NUMBER),
    ("i16", "a whole number from -32768 to 32767", NUMBER),
    (
        "i32",
        "a whole number from -2147483648 to 2147483647",
        NUMBER,
    ),
    ("i64", "a whole number", NUMBER),
    ("isize", "a whole number", NUMBER),
    ("i128", "a whole number", NUMBER),
    ("f32", "a number", NUMBER),
    ("f64", "a number", NUMBER),
    ("a boolean", "true or false", BOOLEAN),
    ("a character", "one character in quotes", TEXT),
    ("a string", "a string", TEXT),
    ("a path", "a path in quotes", TEXT),
    ("path string", "a path in quotes", TEXT),
    ("a sequence", "an array", ARRAY),
    ("a map", "a table", TABLE),
    (
        "a date",
        "a date or a time",
        "write it as 2024-12-31 or 07:30:00",
    ),
    (
        "a TOML datetime",
        "a date or a time",
        "write it as 2024-12-31 or 07:30:00",
    ),
    ("newtype variant", "a table of that one key", TABLE),
    ("tuple variant", "a table of that one key", TABLE),
    ("struct variant", "a table of that one key", TABLE),
];

const NUMBER: &str = "write a number, without quotes";
const BOOLEAN: &str = "write true or false, without quotes";
const TEXT: &str = "write it in quotes";
const ARRAY: &str = "put brackets around it";
const TABLE: &str = "write a table, such as `{ key = value }`";

/// Returns our words for what serde says that the type wanted.
pub(super) fn wanted(serde: &str) -> String {
    let kind = KINDS.iter().find(|(word, ..)| *word == serde);
    if let Some((_, words, _)) = kind {
        return (*words).to_owned();
    }
    let number = |beginning: &str, end: &str| -> Option<usize> {
        let rest = serde.strip_suffix(end)?;
        rest.rsplit_once(beginning)?.1.parse().ok()
    };
    if let Some(kind) = serde.strip_prefix("a nonzero ") {
        return format!("{}, but not 0", wanted(kind));
    }
    if let Some(length) = number("a tuple of size ", "")
        .or_else(|| number("an array of length ", ""))
        .or_else(|| number(" with ", " elements"))
        .or_else(|| number(" with ", " element"))
    {
        return shown::array(length);
    }
    if serde.starts_with("struct ") {
        return "a table".to_owned();
    }
    serde.to_owned()
}

/// Lists the words of an enum.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| shown::quoted(word)).collect();
    let list = quoted.join(", ");
    match words.len() {
        0 => "nothing".to_owned(),
        1 => list,
        _ => format!("one of {list}"),
    }
}

/// Lists the keys of a table.
pub(super) fn keys(keys: &[&str]) -> String {
    let quoted = keys.iter().map(|key| format!("`{}`", shown::key(key)));
    quoted.collect::<Vec<_>>().join(", ")
}

/// Returns what to do about a value of another kind than `wanted`, if it is known.
pub(super) fn cure(value: Option<&Value>, wanted: &str) -> &'static str {
    let kind = KINDS.iter().find(|(_, words, _)| wanted.starts_with(words));
    let instruction = kind.map(|(.., instruction)| *instruction);
    let instruction = instruction.unwrap_or("change the value");
    match (value, instruction) {
        (Some(Value::Text(text)), NUMBER) if text.trim().parse::<f64>().is_ok() => {
            "remove the quotes"
        }
        (Some(Value::Text(text)), BOOLEAN) if ["true", "false"].contains(&text.trim()) => {
            "remove the quotes"
        }
        (Some(Value::Integer(_) | Value::Huge(_)), NUMBER) => "write another number",
        (Some(Value::Float(..)), NUMBER) => "write it without a fraction",
        (Some(Value::Array(_)), TEXT | NUMBER) => "write one value, without brackets",
        (Some(Value::Table(_)), TEXT | NUMBER) => "write one value in the place of the table",
        (Some(Value::Table(_)), ARRAY) => "write two brackets on each side of its name",
        (Some(Value::Array(_)), _) if wanted.starts_with("an array of") => "add or remove elements",
        _ => instruction,
    }
}

/// Returns the word nearest to `word`, unless all differ too much to be meant.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = normal(word);
    let tolerated = (word.len() / 3).clamp(1, 2);
    if word.len() > 64 {
        return None;
    }
    let distances = known
        .iter()
        .map(|near| (distance(&word, &normal(near)), *near));
    distances
        .filter(|(distance, near)| *distance <= tolerated && *distance < near.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}

/// Returns the word in lower case and without separators.
fn normal(word: &str) -> Vec<char> {
    let letters = word.chars().filter(|c| !matches!(c, '_' | '-'));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut fewest = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                fewest = fewest.min(before_last[j - 1] + 1);
            }
            row.push(fewest);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
