//! The texts of settings that are shown, and the secrets that are not.

use serde::Deserialize;

use super::super::Document;
use super::{mistakes, mistakes_of, parse, set, variable};

fn rows(document: &Document) -> Vec<(String, String, String)> {
    let rows = document.rows().into_iter();
    let rows = rows.map(|row| (row.key, row.value, row.source));
    rows.collect()
}

#[test]
fn rows_have_key_value_and_source() {
    let text = "b = 1\na = \"x\\n\\u001b\"\n[t]\nlist = [{ n = 1.0 }, { n = nan }]\nwhen = 2024-01-01\n[empty]\n[daemon]\ndrain = \"1s\"\n";
    let mut overrides = set(&["t.on=true", "d.e=five"]);
    overrides.push(variable("WEB__B", "2"));
    let document = parse(text, &overrides).expect("a document");
    let expected = [
        ("a", "\"x\\n\\x1b\"", "/etc/web.toml:2"),
        ("b", "2", "WEB__B"),
        ("d.e", "\"five\"", "--set d.e"),
        ("empty", "{}", "/etc/web.toml:6"),
        ("t.list", "[{ n = 1.0 }, { n = nan }]", "/etc/web.toml:4"),
        ("t.on", "true", "--set t.on"),
        ("t.when", "2024-01-01", "/etc/web.toml:5"),
    ];
    let owned = |(key, value, source): (&str, &str, &str)| {
        (key.to_owned(), value.to_owned(), source.to_owned())
    };
    assert_eq!(rows(&document), expected.map(owned));
}

const SECRET: &str = "hunter2";

/// Every way to have a secret in the settings.
const SECRETS: &str = r#"
password = "hunter2"
API_KEY = "hunter2"
authToken = "hunter2"
client-secret = ["hunter2"]
passphrase = { of = "hunter2" }
pass = "hunter2"
dsn = "host=db password=hunter2 user=web"
link = "https://hunter2@git/x, https://h/?api_key=hunter2&x=1"
url = "postgres://web:hunter2@db/web?x=1"
urls = ["see https://a:hunter2@b/c, redis://:hunter2@c", "postgres://web:p/a#hunter2@db"]
[Credentials.nested]
user = "hunter2"
number = 1
[[users]]
name = "x"
password = "hunter2"
"#;

#[test]
fn secrets_are_not_shown() {
    let document = parse(SECRETS, &set(&["db.password=hunter2"])).expect("a document");
    let rows = rows(&document);
    let shown = format!("{rows:?} {document:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let value = |key: &str| {
        let row = rows.iter().find(|(name, ..)| name == key);
        row.map(|(_, value, _)| value.as_str())
    };
    assert_eq!(value("password"), Some("***"));
    assert_eq!(value("Credentials.nested.number"), Some("***"));
    assert_eq!(value("users"), Some("[{ name = \"x\", password = *** }]"));
    assert_eq!(value("url"), Some("\"postgres://web:***@db/web?x=1\""));
    assert_eq!(value("dsn"), Some("\"host=db password=*** user=web\""));
    assert_eq!(
        value("link"),
        Some("\"https://***@git/x, https://h/?api_key=***&x=1\"")
    );
}

/// Each value is wrong for this type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code, reason = "it is only read")]
struct Numbers {
    password: u8,
    #[serde(rename = "API_KEY")]
    key: std::net::IpAddr,
    #[serde(rename = "authToken")]
    token: Word,
    client_secret: Vec<u8>,
    passphrase: String,
    pass: String,
    url: u8,
    urls: Vec<std::net::IpAddr>,
    #[serde(rename = "Credentials")]
    credentials: Nested,
    users: Vec<User>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is only read")]
struct Nested {
    nested: Untagged,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "it is only read")]
enum Untagged {
    One(u8),
    Two { user: u8 },
}

#[derive(Debug, Deserialize)]
enum Word {
    Hunter,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is only read")]
struct User {
    name: String,
    #[serde(flatten)]
    login: Login,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is only read")]
struct Login {
    password: u8,
}

#[test]
fn errors_have_no_secrets() {
    let found = mistakes::<Numbers>(SECRETS);
    let text = found.join("\n");
    assert!(!text.contains(SECRET), "{text}");
    assert!(
        !text.contains("Hunter\"?"),
        "no word is near a secret: {text}"
    );
    for line in [
        ":2:12: password: found a string, wanted a whole number from 0 to 255; write a number, without quotes",
        ":3:11: API_KEY: found a string, refused by the program; change the value",
        ":5:18: client-secret[0]: found a string, wanted a whole number from 0 to 255; write a number, without quotes",
        ":10:7: url: found the string \"postgres://web:***@db/web?x=1\", wanted a whole number from 0 to 255; write a number, without quotes",
        ":17:12: users[0].password: found a string, wanted a whole number from 0 to 255; write a number, without quotes",
    ] {
        assert!(found.iter().any(|found| found == line), "{line}\n{text}");
    }
    let given = parse("", &set(&["password=hunter2"])).expect("a document");
    let found = mistakes_of(given.read::<Numbers>()).join("\n");
    assert!(!found.contains(SECRET), "{found}");
}

#[test]
fn error_of_a_type_that_quotes_a_url_hides_the_password() {
    #[derive(Debug)]
    struct Url;
    impl<'de> Deserialize<'de> for Url {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            Err(serde::de::Error::custom(format!("`{text}` has no port")))
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        url: Url,
    }
    assert_eq!(
        mistakes::<Settings>("url = \"amqp://me:hunter2@host\""),
        [
            ":1:7: url: found the string \"amqp://me:***@host\", refused: `amqp://me:***@host` has no port; change the value"
        ]
    );
}

#[test]
fn error_of_a_table_hides_its_secrets() {
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "Raw")]
    struct Login;
    #[derive(Debug, Deserialize)]
    struct Raw {
        password: String,
        pin_key: u32,
    }
    impl TryFrom<Raw> for Login {
        type Error = String;
        fn try_from(raw: Raw) -> Result<Self, String> {
            Err(format!(
                "password {} with {} is too short",
                raw.password, raw.pin_key
            ))
        }
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        login: Login,
    }
    assert_eq!(
        mistakes::<Settings>("[login]\npassword = \"hunter2\"\npin_key = 4711\n"),
        [
            ":1:2: login: found a table, refused: password *** with *** is too short; change the value"
        ]
    );
}

#[test]
fn long_password_is_hidden_before_the_text_is_cut() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is only read")]
    struct Settings {
        url: u8,
    }
    let long = "hunter2".repeat(20);
    let found = mistakes::<Settings>(&format!("url = \"amqp://me:{long}@host\"")).join("");
    assert!(!found.contains(SECRET), "{found}");
}

#[test]
fn changed_keys_are_sorted_names() {
    let old = "a = 1\nb = [1, 2]\npassword = \"x\"\n[t]\nsame = 1.0\ngone = 1\n[daemon]\ninterval = \"1s\"\n";
    let new = "[daemon]\ninterval = \"2s\"\n[t]\nsame = 1.0\nnew = 1\n";
    let new = format!("b = [1, 3]\na = 0x1\npassword = \"y\"\n{new}");
    let (old, new) = (parse(old, &[]), parse(&new, &[]));
    let (old, new) = (old.expect("a document"), new.expect("a document"));
    let expected = ["b", "daemon.interval", "password", "t.gone", "t.new"];
    assert_eq!(new.changed(&old), expected);
    assert_eq!(old.changed(&new), expected);
    assert!(new.changed(&new).is_empty());
}
