//! The settings that the files beside this one get wrong. The benches give them to other readers,
//! which see an unknown key only where the type denies it.

use std::collections::HashMap;

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
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

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    Fast,
    Safe,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Db {
    pub(super) url: String,
    pub(super) pool: u8,
    pub(super) password: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) port: u16,
}
