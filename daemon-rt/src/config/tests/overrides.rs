//! Values of the environment and of the command line over those of the file.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::overrides::{Override, Source};
use super::{mistakes_of, parse, set, variable};
use crate::error::ErrorKind;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(default, rename_all = "kebab-case")]
struct Settings {
    name: String,
    max_size: u32,
    is_on: bool,
    tags: Vec<String>,
    limits: HashMap<String, u32>,
    db: Db,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            max_size: 1,
            is_on: false,
            tags: vec![],
            limits: HashMap::new(),
            db: Db::default(),
        }
    }
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
struct Db {
    url: String,
    port: u16,
}

fn read(text: &str, overrides: &[Override]) -> Settings {
    let document = parse(text, overrides).expect("a document");
    document.read().expect("settings")
}

fn wrong(text: &str, overrides: &[Override]) -> Vec<String> {
    mistakes_of(
        parse(text, overrides)
            .expect("a document")
            .read::<Settings>(),
    )
}

fn refused(text: &str, overrides: &[Override]) -> String {
    let error = parse(text, overrides).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::Usage);
    error.to_string()
}

#[test]
fn command_line_wins_over_environment_and_environment_over_file() {
    let text = "name = \"file\"\nmax-size = 2\n[db]\nport = 2\n";
    let mut overrides = set(&["db.port=5", "db.port=4", "name=option"]);
    overrides.push(variable("WEB__MAX_SIZE", "3"));
    overrides.push(variable("WEB__DB__PORT", "3"));
    let settings = read(text, &overrides);
    assert_eq!(settings.name, "option");
    assert_eq!((settings.max_size, settings.db.port), (3, 4));
}

#[test]
fn name_of_a_variable_has_neither_case_nor_dashes() {
    for name in [
        "WEB__MAX_SIZE",
        "WEB__max_size",
        "WEB__MaxSize",
        "WEB__MAX-SIZE",
    ] {
        assert_eq!(read("", &[variable(name, "9")]).max_size, 9, "{name}");
        let over = read("max-size = 1", &[variable(name, "9")]);
        assert_eq!(over.max_size, 9, "{name}");
    }
    assert!(Override::variable("WEB__", "WEB_LOG_LEVEL", "x").is_none());
    // A key of a map is that of the file, or else in lower case.
    let settings = read(
        "[limits]\nAlice = 1\n",
        &[
            variable("WEB__LIMITS__ALICE", "2"),
            variable("WEB__LIMITS__BOB", "3"),
        ],
    );
    assert_eq!(
        settings.limits,
        HashMap::from([("Alice".to_owned(), 2), ("bob".to_owned(), 3)])
    );
}

#[test]
fn two_underscores_of_a_key_need_the_option() {
    #[derive(Deserialize)]
    struct Odd {
        #[serde(rename = "a__b")]
        odd: u8,
    }
    let by_option = parse("", &set(&["a__b=1"])).expect("a document");
    assert_eq!(by_option.read::<Odd>().expect("settings").odd, 1);
    let by_variable = parse("", &[variable("WEB__A__B", "1")]).expect("a document");
    assert_eq!(
        mistakes_of(by_variable.read::<Odd>()),
        ["WEB__A__B: a: unknown key; did you mean `a__b`?"]
    );
}

#[test]
fn whole_table_of_the_environment_comes_before_its_keys() {
    let one = variable("WEB__DB__PORT", "2");
    let whole = variable("WEB__DB", "{ port = 1, url = \"u\" }");
    for overrides in [[one.clone(), whole.clone()], [whole, one]] {
        let db = read("", &overrides).db;
        assert_eq!((db.port, db.url.as_str()), (2, "u"));
    }
}

#[test]
fn text_stays_text_where_the_type_asks_for_text() {
    for text in [
        "1.10",
        "08",
        "2024-01-01",
        "07:30:00",
        "inf",
        "1_000",
        "on",
        "true",
        "1.2.3.4",
        "",
        " x ",
        "[1, 2",
        "\"half",
        "{}",
        "0x10",
        "naïve",
        "a = b",
        "#x",
    ] {
        let url = read("", &set(&[&format!("db.url={text}")])).db.url;
        assert_eq!(url, text);
        assert_eq!(read("", &[variable("WEB__DB__URL", text)]).db.url, text);
    }
    // A string of TOML is that string.
    assert_eq!(read("", &set(&["name=\"a\\u0062\""])).name, "ab");
}

#[test]
fn type_that_asks_for_text_gets_the_text() {
    #[derive(Debug)]
    struct Version(String);
    impl serde::de::Visitor<'_> for Version {
        type Value = Self;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a version")
        }
        fn visit_str<E>(self, text: &str) -> Result<Self, E> {
            Ok(Self(text.to_owned()))
        }
        fn visit_f64<E>(self, number: f64) -> Result<Self, E> {
            Ok(Self(number.to_string()))
        }
    }
    impl<'de> Deserialize<'de> for Version {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_str(Self(String::new()))
        }
    }
    #[derive(Debug, Deserialize)]
    struct Versions {
        version: Version,
    }
    let document = parse("", &set(&["version=1.10"])).expect("a document");
    let versions: Versions = document.read().expect("settings");
    assert_eq!(versions.version.0, "1.10");
}

#[test]
fn value_is_toml_where_the_type_asks_for_another_kind() {
    let overrides = set(&[
        "max-size=1_000",
        "is-on= true ",
        "tags=[\"a\", 'b']",
        "limits={ x = 1 }",
    ]);
    let settings = read("", &overrides);
    assert_eq!((settings.max_size, settings.is_on), (1000, true));
    assert_eq!(settings.tags, ["a", "b"]);
    assert_eq!(settings.limits["x"], 1);
}

#[test]
fn untagged_enum_takes_the_value_and_then_the_text() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Limit {
        Number(u32),
        Text(String),
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Limits {
        limit: Limit,
    }
    let read = |text: &str| {
        let document = parse("", &set(&[&format!("limit={text}")])).expect("a document");
        document.read::<Limits>().expect("settings").limit
    };
    assert_eq!(read("5"), Limit::Number(5));
    assert_eq!(read("1.10"), Limit::Text("1.10".to_owned()));
    assert_eq!(read("2024-01-01"), Limit::Text("2024-01-01".to_owned()));
}

#[test]
fn error_names_the_override_and_not_the_file() {
    let file = "max-size = 1\n[db]\nport = 1\n";
    let overrides = [
        &set(&["db.port=x", "tags=[1]", "db.prot=1", "limits.a=-1"])[..],
        &[variable("WEB__MAX_SIZE", "1.5"), variable("WEB__NAEM", "x")],
    ];
    assert_eq!(
        wrong(file, &overrides.concat()),
        [
            "--set db.port: found the string \"x\", wanted a whole number from 0 to 65535; write a number, without quotes",
            "--set tags: tags[0]: found the number 1, wanted a string; write it in quotes",
            "--set db.prot: unknown key; did you mean `url`?"
                .replace("did you mean `url`?", "use `url`, or remove it")
                .as_str(),
            "--set limits.a: found the number -1, wanted a whole number from 0 to 4294967295; write another number",
            "WEB__MAX_SIZE: max-size: found the number 1.5, wanted a whole number from 0 to 4294967295; write it without a fraction",
            "WEB__NAEM: naem: unknown key; did you mean `name`?",
        ]
    );
}

#[test]
fn key_that_leads_nowhere_is_refused() {
    let file = "tags = [\"a\"]\nname = \"x\"\n";
    for (argument, expected) in [
        (
            "tags.0=b",
            "--set tags.0: `tags` is an array; set it as a whole, such as [1, 2]",
        ),
        (
            "name.x=b",
            "--set name.x: `name` is not a table; set it as a whole",
        ),
        (
            "a..b=1",
            "--set a..b: the name is not a dotted key; write one such as db.url",
        ),
        (
            "=1",
            "--set : the name is not a dotted key; write one such as db.url",
        ),
        (
            "a b=1",
            "--set a b: the name is not a dotted key; write one such as db.url",
        ),
        (
            "tags[0]=1",
            "--set tags[0]: the name is not a dotted key; write one such as db.url",
        ),
        ("\"a=1", ""),
        (
            "daemon.interval=1s",
            "--set daemon.interval: the table [daemon] is for the file; use the option of that key",
        ),
    ] {
        match Override::option(argument) {
            Ok(given) => assert_eq!(refused(file, &[given]), expected),
            Err(error) => assert_eq!(
                (error.to_string().as_str(), expected),
                (
                    "--set: the key has a quote that is not closed; close it",
                    ""
                )
            ),
        }
    }
    assert_eq!(
        refused("", &[variable("WEB__DAEMON__INTERVAL", "1s")]),
        "WEB__DAEMON__INTERVAL: the table [daemon] is for the file; use the option of that key"
    );
    let deep = format!("{}a=1", "a.".repeat(100_000));
    assert!(refused("", &set(&[&deep])).ends_with("write one such as db.url"));
}

#[test]
fn two_variables_of_one_key_are_refused() {
    let two = [
        variable("WEB__MAX_SIZE", "1"),
        variable("WEB__max-size", "2"),
    ];
    assert_eq!(
        refused("", &two),
        "WEB__max-size: WEB__MAX_SIZE sets this key as well; unset one of them"
    );
}

#[test]
fn quoted_key_may_have_any_character() {
    let document = parse("", &set(&["limits.\"a.b=c\"=5"])).expect("a document");
    let settings: Settings = document.read().expect("settings");
    assert_eq!(settings.limits["a.b=c"], 5);
    assert_eq!(document.rows()[0].key, "limits.\"a.b=c\"");
}

#[test]
fn override_without_a_file_is_enough() {
    let path = "/etc/web.toml".into();
    let document =
        super::super::Document::parse(path, None, set(&["db.port=5"])).expect("a document");
    assert!(document.is_absent());
    assert_eq!(document.read::<Settings>().expect("settings").db.port, 5);
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Needs {
        host: String,
    }
    let path = "/etc/web.toml".into();
    let absent = super::super::Document::parse(path, None, vec![]).expect("a document");
    assert_eq!(
        mistakes_of(absent.read::<Needs>()),
        [": host is missing, wanted a string; create the file, or pass --set"]
    );
}

#[test]
fn source_of_a_variable_is_its_name() {
    let given = variable("WEB__DB__URL", "x");
    assert_eq!(given.source, Source::Variable("WEB__DB__URL".to_owned()));
    assert_eq!(given.path, "db.url");
}
