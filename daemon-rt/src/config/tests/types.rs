//! Types of every shape, and what is said when a value does not fit.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};

use super::{mistakes, read};

#[derive(Debug, Deserialize, PartialEq)]
struct Pair {
    a: u8,
    b: String,
}

#[test]
fn all_mistakes_are_found_at_once() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        host: String,
        port: u16,
        db: Db,
        log: Option<Pair>,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Db {
        url: String,
        pool: u8,
    }
    let text = "port = \"80\"\nlgo = 1\n[db]\nurl = 5\npool = 300\nprot = 5\n[log]\nc = 1\n";
    let expected = [
        ":1:8: port: found the string \"80\", wanted a whole number from 0 to 65535; remove the quotes",
        ":2:1: lgo: unknown key; use `host`, or remove it",
        ":4:7: db.url: found the number 5, wanted a string; write it in quotes",
        ":5:8: db.pool: found the number 300, wanted a whole number from 0 to 255; write another number",
        ":6:1: db.prot: unknown key; remove it",
        ":7:2: log.a is missing, wanted a whole number from 0 to 255; add `a = …`",
        ":7:2: log.b is missing, wanted a string; add `b = …`",
        ":8:1: log.c: unknown key; use `a`, `b`, or remove it",
        ": host is missing, wanted a string; add `host = …`",
    ];
    assert_eq!(mistakes::<Settings>(text), expected);
}

#[test]
fn missing_keys_say_what_is_wanted() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        flag: bool,
        ratio: f32,
        count: i64,
        address: IpAddr,
        path: PathBuf,
        list: Vec<u8>,
        map: HashMap<String, u8>,
        pair: Pair,
        two: (u8, u8),
        mode: Mode,
        port: Port,
        rest: Option<u8>,
        #[serde(default)]
        more: u8,
    }
    let wanted = mistakes::<Settings>("");
    let expected = [
        ": flag is missing, wanted true or false; add `flag = …`",
        ": ratio is missing, wanted a number; add `ratio = …`",
        ": count is missing, wanted a whole number; add `count = …`",
        ": address is missing, wanted a string; add `address = …`",
        ": path is missing, wanted a string; add `path = …`",
        ": list is missing, wanted an array; add `list = …`",
        ": map is missing, wanted a table; add the table `map`",
        ": pair is missing, wanted a table; add the table `pair`",
        ": two is missing, wanted an array of 2 elements; add `two = …`",
        ": mode is missing, wanted one of \"fast\", \"safe\"; add `mode = …`",
        ": port is missing, wanted a whole number from 0 to 65535; add `port = …`",
    ];
    assert_eq!(wanted, expected);
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    Fast,
    Safe,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Port(u16);

#[test]
fn renamed_key_is_known_by_its_new_name() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    struct Settings {
        max_size: u8,
        #[serde(alias = "colour")]
        color: String,
        #[serde(rename = "type")]
        kind: Mode,
    }
    let text = "max-size = 1\ncolour = \"red\"\ntype = \"safe\"";
    let settings = Settings {
        max_size: 1,
        color: "red".to_owned(),
        kind: Mode::Safe,
    };
    assert_eq!(read::<Settings>(text).expect("settings"), settings);
    let both = format!("{text}\ncolor = \"blue\"\n");
    assert_eq!(
        mistakes::<Settings>(&both),
        [
            ": found a table, refused: `color` has two names, and both are there; remove one; change the value"
        ]
    );
    assert_eq!(
        mistakes::<Settings>("max_size = 1\ncolor = \"a\"\ntype = \"sfae\"\n"),
        [
            ":1:1: max_size: unknown key; did you mean `max-size`?",
            ":3:8: type: found the string \"sfae\", wanted one of \"fast\", \"safe\"; did you mean \"safe\"?",
        ]
    );
}

#[test]
fn denied_keys_are_all_found_and_once() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        port: u16,
        inner: Inner,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is only read")]
    struct Inner {
        x: u8,
    }
    let text = "prot = 1\nfoo = 1\nport = \"a\"\n[inner]\ny = 1\nz = 2\nx = 300\n";
    assert_eq!(
        mistakes::<Settings>(text),
        [
            ":1:1: prot: unknown key; remove it",
            ":2:1: foo: unknown key; remove it",
            ":3:8: port: found the string \"a\", wanted a whole number from 0 to 65535; write a number, without quotes",
            ":5:1: inner.y: unknown key; remove it",
            ":6:1: inner.z: unknown key; remove it",
            ":7:5: inner.x: found the number 300, wanted a whole number from 0 to 255; write another number",
        ]
    );
}

#[test]
fn enums_are_read_as_toml_reads_them() {
    #[derive(Debug, Deserialize, PartialEq)]
    enum Sink {
        Stderr,
        File(PathBuf),
        Pair(u8, u8),
        Socket { host: String, port: u16 },
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        sinks: Vec<Sink>,
    }
    let text = "sinks = [\"Stderr\", { Stderr = {} }, { File = \"/x\" }, { Pair = [1, 2] }, { Pair = { 0 = 1, 1 = 2 } }, { Socket = { host = \"h\", port = 1 } }]";
    let settings: Settings = read(text).expect("settings");
    assert_eq!(settings, toml::from_str(text).expect("settings"));
    let wrong = |sink: &str| mistakes::<Settings>(&format!("sinks = [{sink}]"));
    assert_eq!(
        wrong("\"File\""),
        [
            ":1:10: sinks[0]: found the string \"File\", wanted a table of that one key; write a table, such as `{ key = value }`"
        ]
    );
    assert_eq!(
        wrong("{ File = 5 }"),
        [":1:19: sinks[0].File: found the number 5, wanted a path in quotes; write it in quotes"]
    );
    assert_eq!(
        wrong("{ Pair = [1, 2, 3] }"),
        [
            ":1:19: sinks[0].Pair: found an array of 3 elements, wanted an array of 2 elements; add or remove elements"
        ]
    );
    assert_eq!(
        wrong("{ Socket = { host = \"h\", prot = 1 } }"),
        [":1:35: sinks[0].Socket.prot: unknown key; did you mean `port`?"]
    );
    assert_eq!(
        wrong("{ Scoket = 1 }"),
        [
            ":1:12: sinks[0].Scoket: found the key, wanted one of \"Stderr\", \"File\", \"Pair\", \"Socket\"; did you mean \"Socket\"?"
        ]
    );
    assert_eq!(
        wrong("5"),
        [
            ":1:10: sinks[0]: found the number 5, wanted one of \"Stderr\", \"File\", \"Pair\", \"Socket\"; write one of these"
        ]
    );
}

#[test]
fn value_below_flatten_is_found_by_what_it_is() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        name: String,
        #[serde(flatten)]
        common: Common,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Common {
        port: u16,
        limit: u16,
    }
    let wrong = mistakes::<Settings>;
    assert_eq!(
        wrong("name = \"x\"\nport = \"y\"\nlimit = 1\n"),
        [
            ":2:8: port: found the string \"y\", wanted a whole number from 0 to 65535; write a number, without quotes"
        ]
    );
    // Two values are alike, so the place would be a guess.
    assert_eq!(
        wrong("name = \"y\"\nport = \"y\"\nlimit = 1\n"),
        [
            ": found a value of another kind in it, wanted a whole number from 0 to 65535; write a number, without quotes"
        ]
    );
    assert_eq!(
        wrong("name = \"y\"\nport = 1\n"),
        [": limit is missing; add `limit = …`"]
    );
}

#[test]
fn untagged_enum_is_named_by_its_key() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Size {
        Number(u64),
        Text(String),
        Range { from: u64, to: u64 },
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        size: Size,
    }
    let wrong = mistakes::<Settings>;
    assert_eq!(
        read::<Settings>("size = { from = 1, to = 2 }").expect("settings"),
        Settings {
            size: Size::Range { from: 1, to: 2 }
        }
    );
    assert_eq!(
        wrong("\nsize = { from = 1 }"),
        [
            ":2:1: size: found a table, refused: data did not match any variant of untagged enum Size; change the value"
        ]
    );
}

#[test]
fn tagged_enum_is_read() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind")]
    enum Inside {
        File { path: String },
        None,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind", content = "value")]
    enum Beside {
        Count(u8),
        Word(String),
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        inside: Inside,
        beside: Beside,
    }
    let text =
        "[inside]\nkind = \"File\"\npath = \"/x\"\n[beside]\nkind = \"Word\"\nvalue = \"w\"\n";
    let settings: Settings = read(text).expect("settings");
    assert_eq!(settings, toml::from_str(text).expect("settings"));
    assert_eq!(
        mistakes::<Settings>(
            "[inside]\nkind = \"File\"\n[beside]\nkind = \"Wrod\"\nvalue = \"w\"\n"
        ),
        [
            ":1:2: inside.path is missing; add `path = …`",
            ":4:8: beside.kind: found the string \"Wrod\", wanted one of \"Count\", \"Word\"; did you mean \"Word\"?",
        ]
    );
    assert_eq!(
        mistakes::<Settings>(
            "[inside]\nkind = \"None\"\n[beside]\nkind = \"Count\"\nvalue = \"w\"\n"
        ),
        [
            ":5:9: beside.value: found the string \"w\", wanted a whole number from 0 to 255; write a number, without quotes"
        ]
    );
}

#[test]
fn type_of_its_own_says_what_it_wants() {
    #[derive(Debug, PartialEq)]
    struct Even(u8);
    impl<'de> Deserialize<'de> for Even {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let number: u8 = text.parse().map_err(D::Error::custom)?;
            if number.is_multiple_of(2) {
                Ok(Self(number))
            } else {
                Err(D::Error::custom(format!("{number} is odd")))
            }
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        even: Even,
        address: IpAddr,
        #[serde(default)]
        port: Option<NonZeroU16>,
        other: u8,
        host: String,
    }
    let text = "even = \"3\"\naddress = \"1.2.3\"\nport = 0\nother = \"x\"\n";
    assert_eq!(
        mistakes::<Settings>(text),
        [
            ":1:8: even: found the string \"3\", refused: 3 is odd; change the value",
            ":2:11: address: found the string \"1.2.3\", refused: invalid IP address syntax; change the value",
            ":3:8: port: found the number 0, wanted a whole number from 0 to 65535, but not 0; write another number",
            ":4:9: other: found the string \"x\", wanted a whole number from 0 to 255; write a number, without quotes",
        ]
    );
    // An address that is an example lets the rest be read.
    let text = "even = \"2\"\naddress = \"1.2.3\"\nother = 1\n";
    assert_eq!(
        mistakes::<Settings>(text)[1..],
        [": host is missing, wanted a string; add `host = …`"]
    );
}

#[test]
fn check_over_several_values_is_not_told_of_examples() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "Given")]
    #[allow(dead_code, reason = "it is only read")]
    struct Range {
        from: u8,
        to: u8,
    }
    #[derive(Debug, Deserialize)]
    struct Given {
        from: u8,
        to: u8,
    }
    impl TryFrom<Given> for Range {
        type Error = String;
        fn try_from(Given { from, to }: Given) -> Result<Self, String> {
            if from < to {
                Ok(Self { from, to })
            } else {
                Err("`from` is not below `to`".to_owned())
            }
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        range: Range,
        z: u8,
    }
    let wrong = mistakes::<Settings>;
    assert_eq!(
        wrong("z = \"a\"\n[range]\nfrom = 5\nto = 4\n"),
        [
            ":1:5: z: found the string \"a\", wanted a whole number from 0 to 255; write a number, without quotes",
            ":2:2: range: found a table, refused: `from` is not below `to`; change the value",
        ]
    );
    // The example of `to` is not above `from`, which is nobody's mistake.
    assert_eq!(
        wrong("z = 1\n[range]\nfrom = 5\n"),
        [":2:2: range.to is missing, wanted a whole number from 0 to 255; add `to = …`"]
    );
    assert_eq!(
        wrong("z = 1\n[range]\nfrom = 5\nto = \"x\"\n"),
        [
            ":4:6: range.to: found the string \"x\", wanted a whole number from 0 to 255; write a number, without quotes"
        ]
    );
}

#[test]
fn numbers_keep_to_their_limits() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        #[serde(default)]
        small: u8,
        #[serde(default)]
        long: i64,
        #[serde(default)]
        size: u64,
        #[serde(default)]
        ratio: f64,
    }
    let whole: Settings =
        read("long = -9223372036854775808\nsize = 18446744073709551615\nratio = 5\nsmall = 0xff")
            .expect("settings");
    assert_eq!(
        (whole.long, whole.size, whole.small),
        (i64::MIN, u64::MAX, 255)
    );
    let wrong = mistakes::<Settings>;
    for (text, expected) in [
        (
            "small = -1",
            ":1:9: small: found the number -1, wanted a whole number from 0 to 255; write another number",
        ),
        (
            "long = 9223372036854775808",
            ":1:8: long: found the number 9223372036854775808, wanted a whole number; write another number",
        ),
        (
            "small = 1.0",
            ":1:9: small: found the number 1.0, wanted a whole number from 0 to 255; write it without a fraction",
        ),
        (
            "size = 99999999999999999999999999999999999999999",
            ":1:8: size: found the number 99999999999999999999999999999999999999999, wanted a number of at most 64 bits; write another number",
        ),
        (
            "ratio = 1e999",
            ":1:9: ratio: found the number 1e999, wanted a number of at most 64 bits; write another number",
        ),
        (
            "ratio = true",
            ":1:9: ratio: found true, wanted a number; write a number, without quotes",
        ),
        (
            "long = 2024-01-01",
            ":1:8: long: found the date 2024-01-01, wanted a whole number; write a number, without quotes",
        ),
    ] {
        assert_eq!(wrong(text), [expected]);
    }
    let infinite: Settings = read("ratio = -inf").expect("settings");
    assert!(infinite.ratio.is_infinite());
}

#[test]
fn dates_are_those_of_the_crate_toml() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        at: toml::value::Datetime,
        any: toml::Value,
    }
    let text = "at = 2024-02-29T07:30:00Z\nany = [2024-02-29, 07:30:00, { x = 1.5 }]\n";
    let settings: Settings = read(text).expect("settings");
    assert_eq!(settings, toml::from_str(text).expect("settings"));
    assert_eq!(
        mistakes::<Settings>("at = \"now\"\nany = 1"),
        [
            ":1:6: at: found the string \"now\", wanted a date or a time; write it as 2024-12-31 or 07:30:00"
        ]
    );
    assert_eq!(
        mistakes::<BTreeMap<String, String>>("since = 2024-02-29"),
        [":1:9: since: found the date 2024-02-29, wanted a string; write it in quotes"]
    );
}

#[test]
fn keys_of_maps_may_be_numbers_and_words() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Settings {
        ports: BTreeMap<u16, String>,
        #[serde(default)]
        old: Option<IgnoredAny>,
    }
    let settings: Settings = read("ports = { 80 = \"http\" }\nold = 5\n").expect("settings");
    assert_eq!(settings.ports[&80], "http");
    assert_eq!(
        mistakes::<Settings>("[ports]\nhttp = \"x\"\n"),
        [":2:1: ports.http: found the key, refused: invalid digit found in string; change the key"]
    );
}

#[test]
fn many_mistakes_end() {
    let lines = (0..10_000).map(|key| format!("k{key} = 1\n"));
    let found = mistakes::<Pair>(&lines.collect::<String>());
    assert_eq!(found.len(), 21);
    assert_eq!(found[20], "9982 more mistakes; correct these first");
}

/// Each pass over the file finds one of them, so not all are looked for.
#[test]
fn mistakes_beyond_the_first_twenty_are_not_looked_for() {
    let file = |length: usize| format!("ports = [{}]", "'x', ".repeat(length));
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        ports: Vec<u16>,
    }
    assert_eq!(mistakes::<Settings>(&file(20)).len(), 20);
    for length in [21, 20_000] {
        let found = mistakes::<Settings>(&file(length));
        assert_eq!(found.len(), 21);
        assert!(found[19].contains("ports[19]: found the string"));
        assert_eq!(found[20], "more mistakes may follow; correct these first");
    }
}
