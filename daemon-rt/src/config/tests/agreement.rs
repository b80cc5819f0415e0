//! The crate toml and its deserializer, beside ours: what it accepts is accepted with the same
//! value, and what it refuses is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Value;

use super::super::Document;
use super::set;

/// A type of every shape.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(default)]
#[derive(Default)]
struct Whole {
    byte: Option<u8>,
    long: i64,
    text: String,
    ratio: Option<f64>,
    flag: bool,
    letter: Option<char>,
    word: Option<Word>,
    pairs: Vec<Pair>,
    map: BTreeMap<String, u16>,
    ports: BTreeMap<u16, bool>,
    any: Option<Value>,
    size: Option<Size>,
    tagged: Option<Tagged>,
    beside: Option<Beside>,
    date: Option<toml::value::Datetime>,
    two: Option<(u8, String)>,
    new: Option<New>,
    inner: Option<Box<Whole>>,
    strict: Option<Strict>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Word {
    One,
    Two(u8),
    Three(u8, u8),
    Four { byte: u8 },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Pair {
    #[serde(alias = "size")]
    byte: u8,
    text: String,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Size {
    Number(u32),
    Text(String),
    Pair { byte: u8 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "word")]
enum Tagged {
    #[serde(rename = "one")]
    One { byte: u8 },
    #[serde(rename = "two")]
    Two,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "word", content = "any")]
enum Beside {
    #[serde(rename = "one")]
    One(u8),
    #[serde(rename = "two")]
    Two { text: String },
}

#[derive(Debug, Deserialize, PartialEq)]
struct New(Vec<u8>);

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Strict {
    byte: u8,
    text: Option<String>,
}

/// A type whose fields serde hides.
#[derive(Debug, Deserialize, PartialEq)]
struct Flat {
    text: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Rest {
    byte: Option<u8>,
    flag: Option<bool>,
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

fn keys() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "byte", "long", "text", "ratio", "flag", "letter", "word", "pairs", "map", "ports", "any",
        "size", "tagged", "beside", "date", "two", "new", "inner", "strict", "one", "three",
        "four", "80", "0", "1", "b yte", "bite",
    ];
    select(NAMES).prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-3_i64..300).prop_map(Value::Integer),
        select([i64::MIN, i64::MAX, 65_535].as_slice()).prop_map(Value::Integer),
        select([0.5, 1.0, f64::INFINITY, -1e300].as_slice()).prop_map(Value::Float),
        any::<bool>().prop_map(Value::Boolean),
        select(["", "x", "1", "one", "two", "tow", "http://a:b@c"].as_slice())
            .prop_map(|text| Value::String(text.to_owned())),
        Just(
            "2024-02-29T07:30:00Z"
                .parse()
                .map_or(Value::Boolean(true), Value::Datetime)
        ),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map(keys(), inner, 0..6).prop_map(|map| Value::Table(map.into_iter().collect())),
        ]
    })
}

/// Files in which each key often has a value that fits.
fn files() -> impl Strategy<Value = String> {
    const FITTING: &[&str] = &[
        "byte = 7",
        "long = -1",
        "text = 'x'",
        "ratio = 1",
        "flag = true",
        "letter = 'ß'",
        "word = 'one'",
        "word = { two = 2 }",
        "word = { three = [1, 2] }",
        "word.four.byte = 4",
        "pairs = [{ byte = 1, text = 'x' }, { size = 2, text = 'y' }]",
        "map = { a = 1 }",
        "ports = { 80 = true }",
        "size = 5",
        "size = 'big'",
        "size.byte = 9",
        "tagged.word = 'two'",
        "tagged = { word = 'one', byte = 1 }",
        "beside = { any = 1, word = 'one' }",
        "beside = { word = 'two', any.text = 'x' }",
        "date = 2024-02-29",
        "two = [1, 'x']",
        "new = [1, 2]",
        "inner = { byte = 3 }",
        "strict = { byte = 1 }",
        "any = [1, { x = [] }]",
    ];
    let line = select(FITTING).prop_map(str::to_owned);
    let other = (keys(), values()).prop_map(|(key, value)| format!("{key:?} = {value}"));
    let lines = vec(prop_oneof![3 => line, 1 => other], 0..8);
    lines.prop_map(|lines| lines.join("\n"))
}

/// Compares both readers.
fn compare<T: DeserializeOwned + PartialEq + std::fmt::Debug>(
    text: &str,
) -> Result<(), TestCaseError> {
    let ours = super::read::<T>(text);
    match (toml::from_str::<T>(text), ours) {
        (Ok(theirs), Ok(ours)) => prop_assert_eq!(theirs, ours),
        // toml drops it silently; here it is a mistake.
        (Ok(_), Err(error)) => {
            let error = error.to_string();
            for line in error.lines() {
                let is_dropped = line.contains("unknown key")
                    || line.contains("wanted an array of")
                    || line.contains("mistakes; correct");
                prop_assert!(is_dropped, "{}\n{}", text, line);
            }
        }
        (Err(theirs), Ok(ours)) => {
            prop_assert!(false, "{}\n{:?}\n{}", text, ours, theirs);
        }
        (Err(_), Err(error)) => {
            let error = error.to_string();
            let mut lines = error.lines();
            prop_assert!(lines.all(|line| line.starts_with("/etc/web.toml")
                || line.contains("more mistakes")), "{}", error);
            prop_assert!(
                !error.contains("found the string \"1\"") || text.contains('1'),
                "an example is told: {}",
                error
            );
        }
    }
    Ok(())
}

/// Returns the key that the line of a mistake names.
fn key_of(line: &str) -> String {
    line.split(": ").nth(1).unwrap_or_default().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_agree(text in files()) {
        compare::<Whole>(&text)?;
        compare::<Flat>(&text)?;
        compare::<BTreeMap<String, Value>>(&text)?;
    }

    #[test]
    fn readers_agree_on_any_value(value in values()) {
        if let Value::Table(table) = value {
            let text = table.to_string();
            compare::<Whole>(&text)?;
            compare::<Flat>(&text)?;
            compare::<BTreeMap<String, Value>>(&text)?;
        }
    }

    #[test]
    fn no_key_has_two_mistakes(text in files()) {
        if let Ok(document) = super::parse(&text, &[])
            && let Err(error) = document.read::<Whole>()
        {
            let error = error.to_string();
            let mut keys: Vec<_> = error.lines().map(key_of).collect();
            let all = keys.len();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), all, "{}\n{}", text, error);
        }
    }

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let document = Document::parse(PathBuf::from("/x"), Some(bytes), vec![]);
        if let Ok(document) = document {
            let _ = document.read::<Whole>();
        }
    }

    #[test]
    fn text_never_panics(text in "[a-c=\\[\\]{}\"'., \n0-9#:_\\-\\\\é]{0,80}") {
        if let Ok(document) = super::parse(&text, &[]) {
            let _ = (document.read::<Whole>(), document.rows(), document.runtime_keys());
        }
        compare::<BTreeMap<String, Value>>(&text)?;
    }

    #[test]
    fn overrides_never_panic(key in "[a-c.\"'= ]{0,12}", text in "[a-c=\\[\\]{}\"'., \n0-9#_\\-]{0,20}") {
        if let Ok(given) = super::super::Override::option(&format!("{key}={text}"))
            && let Ok(document) = super::parse("a = 1\n[b]\n", &[given])
        {
            let _ = (document.read::<Whole>(), document.rows());
        }
    }

    #[test]
    fn text_of_an_override_is_the_text(text in "[a-c=\\[\\]{}., 0-9#:_\\-]{0,20}") {
        let document = super::parse("", &set(&[&format!("text={text}")]));
        let read: Whole = document.expect("a document").read().expect("settings");
        prop_assert_eq!(read.text, text);
    }
}
