//! The settings that the files beside this one get wrong.

use std::collections::HashMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) workers: Option<u8>,
    #[serde(default)]
    pub(super) verbose: bool,
    pub(super) timeout: f64,
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) limits: HashMap<String, u32>,
    pub(super) db: Db,
    #[serde(default)]
    pub(super) servers: Vec<Server>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    Fast,
    Safe,
}

#[derive(Debug, Deserialize)]
pub(super) struct Db {
    pub(super) url: String,
    pub(super) pool: u8,
    pub(super) password: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) port: u16,
}
