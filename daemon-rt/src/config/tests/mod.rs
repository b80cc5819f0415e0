//! Reads settings of every shape.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod mistakes;

use std::path::PathBuf;

use serde::Deserialize;

use super::document::Document;
use super::overrides::Override;

#[derive(Debug, Deserialize, PartialEq)]
struct Settings {
    host: String,
    port: u16,
    #[serde(default)]
    tags: Vec<String>,
    db: Db,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Db {
    url: String,
    pool: u8,
}

fn parse(text: &str, overrides: Vec<Override>) -> Document {
    try_parse(text, overrides).expect("parsed")
}

fn try_parse(text: &str, overrides: Vec<Override>) -> Result<Document, crate::error::Error> {
    Document::parse(PathBuf::from("/etc/web.toml"), Some(text.into()), overrides)
}

fn errors(text: &str) -> String {
    match try_parse(text, vec![]).and_then(|document| document.read::<Settings>()) {
        Ok(read) => panic!("read {read:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn all_mistakes_are_found_at_once() {
    let text = "hots = \"x\"\nport = \"80\"\n[db]\nurl = 5\npool = 300\nprot = 5\n";
    let expected = [
        "/etc/web.toml: host is missing, wanted a string; add `host = …`",
        "/etc/web.toml:1:1: hots: unknown key; did you mean `host`?",
        "/etc/web.toml:2:8: port: found the string \"80\", wanted a whole number from 0 to 65535; remove the quotes",
        "/etc/web.toml:4:7: db.url: found the number 5, wanted a string; write it in quotes",
        "/etc/web.toml:5:8: db.pool: found the number 300, wanted a whole number from 0 to 255; write another number",
        "/etc/web.toml:6:1: db.prot: unknown key; use `pool`, `url`, or remove it",
    ];
    assert_eq!(errors(text), expected.join("\n"));
}

#[test]
fn key_that_stands_twice_is_named_with_both_lines() {
    assert_eq!(
        errors("[db]\npool = 1\npool = 2\n"),
        "/etc/web.toml:3:1: db.pool: found the key a second time, wanted it once; remove one, the first is in line 2"
    );
}

#[test]
fn last_override_wins() {
    let text = "host = \"a\"\nport = 1\n[db]\nurl = \"u\"\npool = 1\n";
    let variable = Override::variable("WEB__", "WEB__DB__POOL", "2").expect("a variable");
    let option = |text| Override::option(text).expect("an option");
    let overrides = vec![
        option("port=2"),
        option("port=3"),
        option("db.pool=3"),
        variable,
    ];
    let document = parse(text, overrides);
    let read: Settings = document.read().expect("settings");
    assert_eq!((read.port, read.db.pool), (3, 3));
    assert_eq!(document.changed(&parse(text, vec![])), ["db.pool", "port"]);
}
