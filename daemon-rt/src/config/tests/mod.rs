//! Reads settings of every shape, right and wrong.
#![allow(
    clippy::expect_used,
    clippy::items_after_statements,
    clippy::panic,
    reason = "a test stops at the first surprise, and a type stands beside its values"
)]

mod agreement;
mod files;
mod mistakes;
mod overrides;
mod own;
mod secrets;
mod types;

use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::document::Document;
use super::overrides::Override;
use crate::error::{Error, ErrorKind};

/// Parses the file `/etc/web.toml` of this text.
fn parse(text: &str, overrides: &[Override]) -> Result<Document, Error> {
    let path = PathBuf::from("/etc/web.toml");
    Document::parse(path, Some(text.into()), overrides.to_vec())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    parse(text, &[])?.read()
}

/// Returns the lines of the error, each without the path of the file.
fn mistakes<T: DeserializeOwned>(text: &str) -> Vec<String> {
    mistakes_of(read::<T>(text))
}

fn mistakes_of<T>(read: Result<T, Error>) -> Vec<String> {
    let Err(error) = read else {
        panic!("no mistake");
    };
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    let text = error.to_string();
    let lines = text.lines();
    lines
        .map(|line| line.trim_start_matches("/etc/web.toml").to_owned())
        .collect()
}

/// Returns the overrides of the command line.
fn set(arguments: &[&str]) -> Vec<Override> {
    let options = arguments.iter().map(|argument| Override::option(argument));
    options.collect::<Result<_, _>>().expect("overrides")
}

/// Returns the override of the variable `WEB__…`.
fn variable(name: &str, text: &str) -> Override {
    Override::variable("WEB__", name, text).expect("a variable of the settings")
}
