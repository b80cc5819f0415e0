//! Files that are broken, large, deep, or of another encoding.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::{Document, LIMIT, too_big};
use super::{mistakes, parse, read};
use crate::error::{Error, ErrorKind};

const SAMPLE: &str = include_str!("mistakes/01-number-in-quotes.toml");

type Any = BTreeMap<String, toml::Value>;

fn parse_bytes(bytes: &[u8]) -> Result<Document, Error> {
    let path = PathBuf::from("/etc/web.toml");
    Document::parse(path, Some(bytes.to_vec()), vec![])
}

fn error(bytes: &[u8]) -> String {
    let error = parse_bytes(bytes).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    assert_eq!(error.exit_code(), 6);
    let text = error.to_string();
    assert!(!text.contains(|c: char| c.is_control()), "{text:?}");
    text.trim_start_matches("/etc/web.toml").to_owned()
}

#[test]
fn byte_that_is_not_utf8_is_told_with_its_offset() {
    assert_eq!(
        error(b"a = 1\nname = \"caf\xe9\"\n"),
        ":2:12: name: found the byte 0xe9 at offset 17, wanted UTF-8; save the file as UTF-8"
    );
    assert_eq!(
        error(b"\xff\xfea\0=\0"),
        ":1:1: found the byte 0xff at offset 0, wanted UTF-8; save the file as UTF-8"
    );
}

#[test]
fn byte_order_mark_and_carriage_returns_are_accepted() {
    assert_eq!(
        read::<Any>("\u{feff}a = 1\r\n").expect("settings")["a"],
        toml::Value::Integer(1)
    );
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        a: u8,
        b: u8,
    }
    assert_eq!(
        mistakes::<Settings>("\u{feff}a = \"x\"\r\nb = 1\r\n"),
        [
            ":1:5: a: found the string \"x\", wanted a whole number from 0 to 255; write a number, without quotes"
        ]
    );
}

#[test]
fn column_counts_characters_and_a_tab_is_one() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        a: BTreeMap<String, u8>,
    }
    assert_eq!(
        mistakes::<Settings>("\ta = {\t\"äöü€😀\" = 1, b = true }"),
        [
            ":1:25: a.b: found true, wanted a whole number from 0 to 255; write a number, without quotes"
        ]
    );
}

#[test]
fn half_a_file_is_an_error_or_a_shorter_file() {
    let whole = read::<Any>(SAMPLE).expect("settings");
    for end in 0..=SAMPLE.len() {
        match parse_bytes(&SAMPLE.as_bytes()[..end]) {
            Ok(document) => {
                let part: Any = document.read().expect("settings");
                assert!(part.keys().all(|key| whole.contains_key(key) || SAMPLE[..end].ends_with(key.as_str())));
            }
            Err(error) => assert!(error.to_string().starts_with("/etc/web.toml:")),
        }
    }
}

#[test]
fn control_characters_are_refused_and_not_printed() {
    assert_eq!(
        error(b"a = \"x\0y\"\n"),
        ":1:7: a: invalid basic string, wanted non-double-quote visible characters, `\\`; write the character as an escape such as \\u0007"
    );
    assert!(error(b"a\x1b[31m = 1\n").starts_with(":1:"));
    assert!(error(b"\0").starts_with(":1:"));
    // An escape is accepted, and shown as one.
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        a: u8,
    }
    assert_eq!(
        mistakes::<Settings>("a = \"\\u001b[31m\\u202e\"\n\"b\\u0007\" = 1\n"),
        [
            ":1:5: a: found the string \"\\x1b[31m\\u{202e}\", wanted a whole number from 0 to 255; write a number, without quotes",
            ":2:1: \"b\\x07\": unknown key; remove it",
        ]
    );
}

#[test]
fn file_beyond_the_limit_is_refused_with_both_sizes() {
    let limit = usize::try_from(LIMIT).expect("a size");
    assert!(parse_bytes(&b"#".repeat(limit)).is_ok());
    let expected =
        ": the file has 1048577 bytes and may have 1048576; put data into a file of its own";
    assert_eq!(error(&b"#".repeat(limit + 1)), expected);
    let path = Path::new("/etc/we\x1bb.toml");
    assert!(
        too_big(path, 10 << 20)
            .to_string()
            .starts_with(r"/etc/we\x1bb.toml: the file has 10485760")
    );
}

#[test]
fn error_stays_short_whatever_the_file_has() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        list: Vec<std::net::IpAddr>,
    }
    let long = "a".repeat(10_000);
    for text in [
        format!("list = []\n{long} = 1\n"),
        format!("list = [\"{long}\"]\n"),
        format!("{long} = 1\n{long} = 1\n"),
        format!("{long} = no\n"),
        format!("{long} 1\n"),
        format!("daemon.{long} = 1"),
    ] {
        let read = parse(&text, &[]).and_then(|document| {
            document.runtime_keys()?;
            document.read::<Settings>()
        });
        let error = read.expect_err("an error").to_string();
        assert!(error.chars().count() < 500, "{error}");
    }
    let set = super::set(&[&format!("{long}=1"), &format!("list.{long}=1")]);
    for given in set {
        let read = parse("list = []", &[given]).and_then(|document| document.read::<Settings>());
        let error = read.expect_err("an error").to_string();
        assert!(error.chars().count() < 700, "{error}");
    }
}

/// In a thread, whose stack is smaller than that of `main`.
#[test]
fn deep_nesting_is_an_error_and_not_an_overflow() {
    let mut texts = vec![
        format!("a = {}", "[".repeat(400_000)),
        format!("a = {}", "{a=".repeat(200_000)),
        format!("{} = 1", vec!["a"; 200_000].join(".")),
        format!("[{}]", vec!["a"; 200_000].join(".")),
        format!(
            "{}a = 1",
            format!("[[{}]]\n", vec!["a"; 79].join(".")).repeat(2)
        ),
    ];
    // Dotted keys in tables in tables.
    let dotted = vec!["a"; 79].join(".");
    texts.push(format!(
        "{}1{}",
        format!("{dotted} = {{").repeat(79) + &dotted + "=",
        "}".repeat(79)
    ));
    for text in texts {
        match parse(&text, &[]) {
            Ok(document) => drop(document.read::<Any>()),
            Err(error) => assert!(error.to_string().len() < 1000, "{error}"),
        }
    }
    let deep = format!("{dotted} = {{").repeat(79) + "}";
    let document = parse("", &super::set(&[&format!("a={{{deep}")])).expect("a document");
    assert_eq!(document.rows().len(), 1);
    assert_eq!(
        error(format!("{dotted}.a = {{ {dotted} = 1 }}").as_bytes()),
        ":1:203: found a value nested deeper than 100, wanted it flatter; remove tables or arrays around it"
    );
}

#[test]
fn key_that_stands_twice_is_told_with_both_lines() {
    for (text, expected) in [
        (
            "a = 1\na = 2",
            ":2:1: a: found the key a second time, wanted it once; remove one, the first is in line 1",
        ),
        (
            "[x]\na.b = 1\n[y]\na.b = 1\n[x.a]\n",
            ":5:4: x.a: found the key a second time, wanted it once; remove one, the first is in line 2",
        ),
        (
            "[db]\na = 1\n\n[db]\n",
            ":4:2: db: found the key a second time, wanted it once; remove one, the first is in line 1",
        ),
        (
            "a = 1\n[[b]]\na = 1\n[[b]]\na = 1\n\"a\" = 2\n",
            ":6:1: b.a: found the key a second time, wanted it once; remove one, the first is in line 5",
        ),
        (
            "a = { x = 1, x = 2 }",
            ":1:14: a.x: found the key a second time, wanted it once; remove one, the first is in line 1",
        ),
    ] {
        assert_eq!(error(text.as_bytes()), expected);
    }
    assert_eq!(
        error(b"a = 1\na.b = 2\n"),
        ":2:1: a: cannot extend value of type integer with a dotted key; remove one of the two"
    );
}

#[test]
fn error_of_syntax_names_the_key_and_no_value() {
    for (text, expected) in [
        (
            "[db]\npassword = hunter2\n",
            ":2:12: db.password: string values must be quoted, wanted literal string; put the value in quotes",
        ),
        (
            "[db]\nport 80\n",
            ":2:6: db.port: key with no value, wanted `=`; write `KEY = VALUE`",
        ),
        (
            "port: 80",
            ":1:5: port: invalid unquoted key, wanted letters, numbers, `-`, `_`; write `=` in the place of `:`",
        ),
        (
            "a =",
            ":1:4: a: the value is missing; write one behind the `=`",
        ),
        (
            "a = 08",
            ":1:5: a: unexpected leading zero; remove the zero, or put the value in quotes",
        ),
        (
            "a = [1, 2\nb = 3",
            ":2:1: a: missing comma between array elements, wanted `,`; add a comma, or close the bracket",
        ),
        (
            "[db",
            ":1:4: db: unclosed table, wanted `]`; close the bracket",
        ),
        (
            "a = 'x",
            ":1:7: a: invalid literal string, wanted `'`; close the quote",
        ),
        (
            "a = 1 b = 2",
            ":1:5: a: string values must be quoted, wanted literal string; put the value in quotes",
        ),
    ] {
        assert_eq!(error(text.as_bytes()), expected);
    }
}
